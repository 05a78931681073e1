/** Commands of culling: going through groups of pictures, and choosing which are kept and which are rejected. */
import { batch, effect, untracked } from '../core/preact.js';
import { countText } from '../core/text.js';
import { askSharpness } from '../data/api.js';
import { bestOf } from '../data/best_of.js';
import { simOf } from '../data/scale.js';
import * as choices from '../state/choices.js';
import { clustersNow, titleOf } from '../state/clusters.js';
import * as cull from '../state/cull.js';
import * as copies from '../state/duplicates.js';
import { correct, shownSnapshot } from '../state/history.js';
import * as state from '../state/state.js';
import * as tripState from '../state/trips.js';
import { loadDuplicates } from './duplicates.js';
import { sectionOf } from './target.js';
import { loadTrips } from './trips.js';

/** @typedef {import('../state/cull.js').Group} Group @typedef {import('../state/cull.js').Source} Source */

/** Sharpness is measured in groups of up to this many pictures, and of one scene: others cannot be compared in that. */
const MOST_JUDGED = 24;
/** Pictures that come together at this similarity show one scene. */
const ONE_SCENE_SIM = 0.75;
/** Of more groups of copies, the first ones are gone through. */
const MOST_COPIES = 2000;

/** Whether there is something to go through. */
export const canCull = () => (state.collection.value?.n ?? 0) > 1 && !state.server.value?.copied && !state.server.value?.provisional;

/** Whether choices can be made now. */
export const canChoose = () => cull.isOpen.value && cull.group.value !== undefined && !state.readOnly.value;

/** Pictures that are not shown anywhere: hidden ones, and those whose files are gone. */
function unseen() {
  const collection = state.collectionNow(), hidden = (clustersNow()?.hidden ?? []).map((/** @type {number} */ p) => collection.order[p]);
  return new Set([...hidden, ...(state.edits.peek().corrections.gone ?? [])]);
}

/** Groups of a source. @type {Record<Source, () => Group[] | Promise<Group[]>>} */
const GROUPS = {
  clusters() {
    const clusters = clustersNow(), { order } = state.collectionNow(), found = [];
    for (let s = 0; clusters && s < clusters.k; s++) {
      if (clusters.hasSingles && s === clusters.k - 1) continue;
      found.push({ title: titleOf(clusters, s), ids: Array.from(clusters.flat.subarray(clusters.from[s], clusters.to[s]), (/** @type {number} */ p) => order[p]) });
    }
    return found;
  },
  results() {
    const results = state.results.peek();
    return results ? [{ title: results.label, ids: results.ids }] : [];
  },
  selection() {
    const { places } = state.collectionNow();
    return [{ title: 'Selected pictures', ids: [...state.selection.peek()].sort((a, b) => places.flatOf(a) - places.flatOf(b)) }];
  },
  async events() {
    return (await eventsNow()).map(({ facts }) => ({ title: facts.name, ids: facts.ids }));
  },
  async bursts() {
    return (await eventsNow()).flatMap(({ facts }) => facts.bursts.map((ids) => ({ title: facts.name, ids })));
  },
  async copies() {
    if (!copies.found.peek()) await loadDuplicates();
    const found = copies.found.peek();
    if (!found?.known) throw new Error('Copies are not known yet; look at them first (4).');
    const heads = (state.inCopies.peek() ? copies.shown.peek() : found.heads).slice(0, MOST_COPIES);
    await found.fetch(heads);
    return heads.flatMap(({ id, kind }) => {
      const ids = (found.group(id)?.files ?? []).map((file) => file.id).filter((each) => each >= 0);
      return [{ title: kind === 'shot' ? 'Shots of a moment' : 'Copies', ids }];
    });
  },
};

/** The events of what is open, or of everything. */
async function eventsNow() {
  if (tripState.found.peek()?.snapshot !== shownSnapshot()) await loadTrips();
  const found = tripState.found.peek(), open = tripState.opened.peek();
  if (!found) throw new Error('Trips and events are not known yet; look at them first (5).');
  return open?.event ? [open.event] : open?.trip ? open.trip.events : found.events;
}

/** The source that belongs to what is shown. @returns {Source} */
function sourceNow() {
  if (state.inCopies.peek()) return 'copies';
  if (state.inTrips.peek()) return 'bursts';
  if (state.results.peek()) return 'results';
  return state.selection.peek().size > 1 ? 'selection' : 'clusters';
}

/** Begins with the group of the current picture, or with the first one. @param {import('./target.js').Context} context */
export async function open(context) {
  const source = context.section === undefined ? sourceNow() : 'clusters', section = source === 'clusters' ? sectionOf(context) : -1;
  const clusters = clustersNow(), { order } = state.collectionNow();
  const id = section >= 0 && clusters ? order[clusters.flat[clusters.from[section]]] : state.active.peek();
  await show(source, id);
}

/** Shows the groups of a source. @param {Source} source @param {number} [id] a picture of the group to begin with */
export async function show(source, id = -1) {
  const collection = state.collectionNow();
  try {
    const found = await GROUPS[source](), away = unseen();
    if (state.collection.peek() !== collection) return;
    const groups = found.map(({ title, ids }) => ({ title, ids: ids.filter((each) => !away.has(each)) })).filter(({ ids }) => ids.length > 1);
    if (!groups.length) {
      state.notify({ clusters: 'There are no clusters at this similarity.', bursts: 'No pictures were taken in a burst.', events: 'There are no events with two pictures.', copies: 'There are no copies.', results: 'There is only one result.', selection: 'Select two pictures or more.' }[source]);
      return;
    }
    batch(() => {
      cull.source.value = source;
      cull.groups.value = groups;
      cull.isAlone.value = false;
      cull.isOpen.value = true;
      goTo(Math.max(0, groups.findIndex(({ ids }) => ids.includes(id))));
    });
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}

/** Leaves out pictures whose files were moved away, and ends when no group is left. */
export function watchCull() {
  effect(() => {
    const gone = new Set(state.edits.value.corrections.gone), groups = cull.groups.peek();
    if (!cull.isOpen.peek() || !groups.some(({ ids }) => ids.some((id) => gone.has(id)))) return;
    const left = groups.map(({ title, ids }) => ({ title, ids: ids.filter((id) => !gone.has(id)) })).filter(({ ids }) => ids.length > 1);
    const before = groups.slice(0, cull.index.peek()).filter(({ ids }) => left.some((group) => group.ids.some((id) => ids.includes(id)))).length;
    untracked(() => batch(() => {
      cull.groups.value = left;
      if (left.length) goTo(Math.min(before, left.length - 1));
      else cull.isOpen.value = false;
    }));
  });
}

/** Goes to a group, and to its suggested picture, unless one is named. @param {number} index @param {number} [id] */
export function goTo(index, id = -1) {
  const group = cull.groups.peek()[index];
  if (!group) return;
  batch(() => {
    cull.index.value = index;
    look(group.ids.includes(id) ? id : (bestNow(group) ?? group.ids[0]));
  });
  arrivedAt = id < 0 ? cull.at.peek() : -1;
  judge(group).then(() => judge(cull.groups.peek()[index + 1])).then(() => judge(cull.groups.peek()[index + 2]));
}

/** Makes a picture of the group the current one. @param {number} id */
export function look(id) {
  cull.at.value = id;
  state.active.value = id;
}

/** @param {Group} group */
function bestNow(group) {
  const best = cull.judged.peek().get(cull.keyOf(group))?.best ?? -1;
  return best >= 0 ? best : undefined;
}

/** Whether pictures show one scene: bursts and copies do, others if they are very close. @param {Group} group */
function isOneScene({ ids }) {
  if (cull.source.peek() === 'bursts' || cull.source.peek() === 'copies') return true;
  const { position, distances, scale } = state.collectionNow(), places = ids.map((id) => position[id]);
  const [from, to] = [Math.min(...places), Math.max(...places)];
  return simOf(scale, distances.subarray(from, to).reduce((a, b) => Math.max(a, b), 0)) >= ONE_SCENE_SIM;
}

/** Groups whose pictures are being compared, by key. @type {Map<string, Promise<void>>} */
const judging = new Map();
/** The picture on which the focus was when the group came, unless one was asked for. */
let arrivedAt = -1;

/** Looks for the best picture of a group; the focus goes there if it has not been moved. @param {Group | undefined} group */
async function judge(group) {
  if (!group || group.ids.length > MOST_JUDGED || !isOneScene(group)) return;
  const key = cull.keyOf(group);
  if (!cull.judged.peek().has(key)) {
    judging.set(key, judging.get(key) ?? compare(group).finally(() => judging.delete(key)));
    await judging.get(key);
  }
  const best = bestNow(group), isNew = group.ids.every((each) => choices.fateOf(each) === 'open');
  if (best !== undefined && cull.isOpen.peek() && cull.group.peek() === group && cull.at.peek() === arrivedAt && isNew) look(best);
}

/** Compares the pictures of a group. @param {Group} group */
async function compare(group) {
  const collection = state.collectionNow();
  const answer = await askSharpness(collection.snapshot, group.ids).catch(() => null);
  if (!answer || state.collection.peek() !== collection) return;
  const pictures = group.ids.map((each, i) => ({ id: each, pixels: collection.widthPx(each) * collection.heightPx(each), sharpness: answer.sharpness[i] }));
  cull.judged.value = new Map([...cull.judged.peek(), [cull.keyOf(group), bestOf(pictures)]]);
}

/** Moves to another picture of the group, or to another group. @param {import('../data/places.js').Way} way */
export function move(way) {
  const group = cull.group.peek(), index = cull.index.peek();
  if (!group) return;
  if (way === 'next' || way === 'previous') {
    const to = index + (way === 'next' ? 1 : -1);
    if (cull.groups.peek()[to]) goTo(to);
    else state.notify(way === 'next' ? 'This is the last group.' : 'This is the first group.');
    return;
  }
  const last = group.ids.length - 1, place = group.ids.indexOf(cull.at.peek()), row = cull.isAlone.peek() ? 1 : cull.columns.peek();
  const to = { left: place - 1, right: place + 1, up: place - row, down: place + row, first: 0, last }[way];
  if (to >= 0 && to <= last) look(group.ids[to]);
}

/** Goes to the next group about which something is open. @param {Promise<void>} sending the decision about this one */
function goOn(sending) {
  const groups = cull.groups.peek(), from = cull.index.peek();
  const isOpen = (/** @type {Group} */ { ids }) => ids.some((id) => choices.fateOf(id) === 'open');
  for (let step = 1; step <= groups.length; step++) {
    const to = (from + step) % groups.length;
    if (to !== from && isOpen(groups[to])) {
      goTo(to);
      return;
    }
  }
  // After the message about this decision, which it would be replaced by.
  sending.then(() => { if (cull.isOpen.peek() && !groups.some(isOpen)) state.notify('Every group is decided. Shift R lists what was rejected.'); });
}

/**
 * Makes a choice, shown at once and sent then; undoing it leads back to its group.
 * @param {string} label @param {{keep?: number[], reject?: number[], open?: number[]}} record
 */
function choose(label, record) {
  /** @type {[number, choices.Choice][]} */
  const shown = [];
  for (const fate of /** @type {const} */ (['keep', 'reject', 'open'])) for (const id of record[fate] ?? []) shown.push([id, { fate }]);
  return sent(label, { kind: 'choose', ...record }, shown);
}

/** @param {string} label @param {import('../core/wire.js').NewCorrection} record @param {[number, choices.Choice][]} shown */
async function sent(label, record, shown) {
  const index = cull.index.peek(), id = cull.at.peek(), groups = cull.groups.peek();
  const back = () => { if (cull.isOpen.peek() && cull.groups.peek() === groups) goTo(index, id); };
  choices.pending.value = new Map([...choices.pending.peek(), ...shown.map(([each, choice]) => /** @type {const} */ ([each, { ...choices.pending.peek().get(each), ...choice }]))]);
  const mine = new Map(shown.map(([each]) => [each, choices.pending.peek().get(each)]));
  await correct(label, record, shownSnapshot(), back);
  choices.pending.value = new Map([...choices.pending.peek()].filter(([each, choice]) => mine.get(each) !== choice));
}

/** Keeps or rejects the current picture; the same key again leaves it open. @param {'keep' | 'reject'} fate */
function chooseThis(fate) {
  const id = cull.at.peek();
  if (choices.fateOf(id) === fate) choose('Left open', { open: [id] });
  else choose(`1 picture ${fate === 'keep' ? 'kept' : 'rejected'}`, { [fate]: [id] });
}

export const keep = () => chooseThis('keep');
export const reject = () => chooseThis('reject');

/** Keeps the current picture, rejects the rest of the group, and goes on. Pictures that are kept already stay so. */
export function keepOnly() {
  const group = cull.group.peek(), id = cull.at.peek();
  if (!group) return;
  const rest = group.ids.filter((each) => each !== id && choices.fateOf(each) !== 'keep');
  goOn(choose(`1 picture kept, ${rest.length} rejected`, { keep: [id], reject: rest }));
}

/** Keeps or rejects the whole group, and goes on. @param {'keep' | 'reject'} fate */
function chooseAll(fate) {
  const group = cull.group.peek();
  if (!group) return;
  goOn(choose(`All ${countText(group.ids.length, 'picture')} ${fate === 'keep' ? 'kept' : 'rejected'}`, { [fate]: [...group.ids] }));
}

export const keepAll = () => chooseAll('keep');
export const rejectAll = () => chooseAll('reject');

/** @param {number} stars from 0 to 5 */
export function rate(stars) {
  const id = cull.at.peek();
  sent(stars ? countText(stars, 'star') : 'No stars', { kind: 'rate', ids: [id], stars }, [[id, { stars }]]);
}

/** Shows the current picture alone, or all of the group. */
export const toggleAlone = () => { cull.isAlone.value = !cull.isAlone.peek(); };

/** Takes back that pictures were rejected. @param {readonly number[]} ids */
export const takeBack = (ids) => choose(`${countText(ids.length, 'picture')} taken back`, { open: [...ids] });
