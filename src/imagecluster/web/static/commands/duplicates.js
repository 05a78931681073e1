/** Commands of the view of copies: moving in it, and deciding which pictures are copies and which one is kept. */
import { batch, effect } from '../core/preact.js';
import { countText } from '../core/text.js';
import { askDuplicates } from '../data/api.js';
import { Duplicates, SURE } from '../data/duplicates.js';
import { correct } from '../state/history.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';

/** @typedef {import('../data/duplicates.js').File} File @typedef {import('../data/duplicates.js').Group} Group */
/** @typedef {import('../data/places.js').Way} Way @typedef {import('./target.js').Context} Context */

/** Fetches the groups that are known; the first time, the server begins to search. @param {boolean} [again] after a failure */
export async function loadDuplicates(again = false) {
  const collection = state.collection.peek();
  if (!collection?.n) return;
  try {
    const answer = await askDuplicates(collection.snapshot, again);
    if (state.collection.peek() !== collection) return;
    copies.search.value = answer.search;
    copies.rules.value = answer.rules;
    const before = copies.found.peek();
    if (answer.known && before?.version !== answer.search.version) {
      const next = new Duplicates(collection.snapshot, answer, before?.snapshot === collection.snapshot ? before.details : undefined);
      // What was in sight is fetched first, so that nothing blinks.
      await next.fetch(next.heads.filter(({ id }) => before?.group(id)).slice(0, 40));
      if (state.collection.peek() === collection) keepingFocus(() => copies.setFound(next, !answer.search.running));
    }
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}

/** Keeps the focus on a picture of the list, which loses it when it moves to another place. @param {() => void} change */
function keepingFocus(change) {
  const had = document.activeElement?.closest('.copy') !== null && document.activeElement !== document.body;
  change();
  if (had) setTimeout(() => { if (document.activeElement === document.body && copies.at.peek()) copies.wanted.value = { focus: true }; });
}

/** News of the search. @param {import('../core/wire.js').DuplicatesNews} news */
export function heardOfSearch(news) {
  if (news.snapshot !== state.collection.peek()?.snapshot || !copies.search.peek()) return;
  const hasEnded = copies.search.peek()?.running && !news.running;
  const isNew = news.version !== copies.search.peek()?.version || (!news.running && news.version !== copies.found.peek()?.version);
  copies.search.value = news;
  if (isNew) loadDuplicates();
  else if (hasEnded) copies.leaving.value = new Set();
}

/** Whether copies can be looked for. */
export const canShow = () => (state.collection.value?.n ?? 0) > 0 && !state.server.value?.copied
  && !(state.server.value?.provisional && state.run.value?.running);

/** Looks for copies when the view is shown first, and again after decisions. */
export function watchDuplicates() {
  effect(() => {
    const isWanted = state.inCopies.value || copies.found.value !== null;
    void state.edits.value.version;
    if (isWanted && canShow()) loadDuplicates();
  });
}

/** The group and the picture that a command applies to; the first ones if none was chosen. @param {Context} [context] */
export function spotNow({ copy } = {}) {
  const spot = copy ?? copies.pair.value ?? copies.at.value, shown = copies.shown.value;
  const head = shown.find(({ id }) => id === spot?.group) ?? shown[0];
  const group = head && copies.groupOf(head.id);
  if (!group) return null;
  const file = group.files.find(({ id }) => id === spot?.id) ?? group.files[0];
  return { index: shown.indexOf(head), group, file };
}

/** Makes a picture the one that keys act on. @param {string} group @param {number} id @param {boolean} [focus] whether it gets the focus */
export function goTo(group, id, focus = true) {
  batch(() => {
    copies.at.value = { group, id };
    state.active.value = id;
    copies.wanted.value = { focus };
    if (copies.pair.peek()) copies.pair.value = { group, id: comparedIn(copies.found.peek()?.group(group), id) };
  });
}

/** The picture of a group that is compared with the one that is kept. @param {Group | undefined} group @param {number} id */
function comparedIn(group, id) {
  const others = group?.files.slice(1) ?? [];
  return (others.find((file) => file.id === id) ?? others[0])?.id ?? id;
}

/** Moves to another picture, or to another group. @param {Way} way */
export async function move(way) {
  const found = copies.found.peek(), shown = copies.shown.peek(), spot = spotNow();
  if (!found || !shown.length) return;
  if (!spot || !copies.at.peek()) {
    await goToGroup(way === 'last' ? shown.length - 1 : 0);
    return;
  }
  const { index, group, file } = spot, place = group.files.indexOf(file);
  const step = /** @type {Record<Way, number>} */ ({ left: -1, right: 1, up: -1, down: 1, next: 1, previous: -1, first: -Infinity, last: Infinity })[way];
  if (way === 'left' || way === 'right') {
    const from = copies.pair.peek() ? 1 : 0, to = place + step;
    if (to >= from && to < group.files.length) goTo(group.id, group.files[to].id);
    else if (index + step >= 0 && index + step < shown.length) await goToGroup(index + step, way === 'left' ? -1 : 0);
    return;
  }
  const to = Math.min(shown.length - 1, Math.max(0, index + step));
  if (to !== index) await goToGroup(to, place);
}

/** Moves to a group. @param {number} index among those that are shown @param {number} [place] of the picture; -1 for the last */
async function goToGroup(index, place = 0) {
  const found = copies.found.peek(), head = copies.shown.peek()[index];
  if (!found || !head) return;
  await found.fetch([head]);
  const files = found.group(head.id)?.files ?? [];
  const file = files[place < 0 ? files.length - 1 : Math.min(place, files.length - 1)];
  if (file && copies.found.peek() === found) goTo(head.id, file.id);
}

/** Compares the picture with the one that is kept. @param {Context} context */
export function openPair(context) {
  const spot = spotNow(context);
  if (!spot) return;
  const id = comparedIn(spot.group, spot.file.id);
  batch(() => {
    copies.at.value = { group: spot.group.id, id };
    state.active.value = id;
    copies.pair.value = { group: spot.group.id, id };
  });
}

/** Back to the list, with the focus on the picture that was compared last. */
export function closePair() {
  const spot = copies.pair.peek();
  copies.pair.value = null;
  // Nothing behind a dialog can have the focus until the dialog is closed.
  if (spot) setTimeout(() => goTo(spot.group, spot.id));
}

/** @param {import('../state/duplicates.js').CopyKind | null} kind */
export function showKind(kind) {
  batch(() => {
    copies.kind.value = kind;
    copies.at.value = null;
    copies.wanted.value = { focus: false };
  });
}

/** Whether a picture is proposed for removal. @param {Group} group @param {File} file */
export const isProposed = (group, file) => !file.keep && SURE.includes(group.kind);

/** Leaves a proposed picture where it is, or has it removed after all. @param {Group} group @param {File} file */
export function toggleSpared(group, file) {
  if (!isProposed(group, file)) return;
  const spared = new Map(copies.spared.peek());
  if (!spared.delete(file.id)) spared.set(file.id, { group: group.id, kind: group.kind, bytes: file.bytes });
  copies.spared.value = spared;
}

/** The same for the picture that a command applies to. @param {Context} context */
export function toggleSparedHere(context) {
  const spot = spotNow(context);
  if (!spot) return;
  if (isProposed(spot.group, spot.file)) toggleSpared(spot.group, spot.file);
  else state.notify(spot.file.keep ? 'This picture stays in any case.' : 'Pictures of this kind are never removed here.');
}

/**
 * Sends a decision; its group leaves the list at once, and the next one takes its place.
 * @param {string} label @param {import('../core/wire.js').NewCorrection} record @param {Group} group @param {boolean} leaves
 */
async function decide(label, record, group, leaves) {
  const shown = copies.shown.peek(), index = shown.findIndex(({ id }) => id === group.id);
  const isPair = copies.pair.peek() !== null;
  const next = shown[index + 1] ?? shown[index - 1];
  if (leaves) {
    await copies.found.peek()?.fetch(next ? [next] : []);
    const file = next && copies.found.peek()?.group(next.id)?.files[0];
    batch(() => {
      copies.leaving.value = new Set([...copies.leaving.peek(), group.id]);
      if (next && file) goTo(next.id, isPair ? comparedIn(copies.found.peek()?.group(next.id), file.id) : file.id);
      else copies.pair.value = null;
    });
  }
  if (await correct(label, record)) return;
  copies.leaving.value = new Set([...copies.leaving.peek()].filter((id) => id !== group.id));
}

/** These two are not copies of each other: the picture, and the one that is kept. @param {Context} context */
export async function notCopies(context) {
  const spot = spotNow(context);
  if (!spot) return;
  const { group, file } = spot, [first] = group.files;
  if (file === first && group.files.length > 2) {
    state.notify('Go to a copy first: it is compared with the picture that is kept.');
    return;
  }
  const other = file === first ? group.files[1] : file;
  if (other.kind === 'identical') {
    state.notify('These files have the same bytes. To keep both, keep all of the group.');
    return;
  }
  await decide('Not duplicates', { kind: 'notcopies', a: [first.id], b: [other.id] }, group, group.files.length === 2);
}

/** Nothing of this group is removed. @param {Context} context */
export async function keepAll(context) {
  const spot = spotNow(context);
  if (!spot) return;
  const { group } = spot;
  await decide(`All ${countText(group.files.length, 'picture')} kept`, { kind: 'keepall', ids: group.files.map(({ id }) => id) }, group, true);
}

/** The picture is the best one of its group, and is kept for the others. @param {Context} context */
export async function keepThis(context) {
  const spot = spotNow(context);
  if (!spot) return;
  const { group, file } = spot;
  if (file === group.files[0]) state.notify('This one is kept already.');
  else await decide(`Kept: ${file.name.split('/').pop()}`, { kind: 'best', ids: [file.id] }, group, false);
}
