/** Commands of the view of trips: moving in it, and opening a trip or an event in the gallery. */
import { batch, effect } from '../core/preact.js';
import { countText, lengthText } from '../core/text.js';
import { askTrips } from '../data/api.js';
import { Trips } from '../data/trips.js';
import { correct } from '../state/history.js';
import * as selection from '../state/selection.js';
import * as state from '../state/state.js';
import * as trips from '../state/trips.js';

/** @typedef {import('../data/places.js').Way} Way @typedef {import('../state/trips.js').Scope} Scope */

/** Fetches the trips that are known; the first time, the server begins to search. @param {boolean} [again] after a failure */
export async function loadTrips(again = false) {
  const collection = state.collection.peek();
  if (!collection?.n) return;
  try {
    const answer = await askTrips(collection.snapshot, again);
    if (state.collection.peek() !== collection) return;
    batch(() => {
      trips.search.value = answer.search;
      if (answer.known && trips.found.peek()?.version !== answer.search.version) trips.found.value = new Trips(collection.snapshot, answer);
      if (answer.search.error && !answer.known) trips.scope.value = null;
    });
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}

/** News of the search. @param {import('../core/wire.js').TripsNews} news */
export function heardOfTrips(news) {
  if (news.snapshot !== state.collection.peek()?.snapshot || !trips.search.peek()) return;
  const hasFailed = news.error !== '' && !news.running;
  trips.search.value = news;
  if (hasFailed && !trips.found.peek()) trips.scope.value = null;
  if (news.version !== trips.found.peek()?.version && news.version > 0) loadTrips();
}

/** Whether trips can be looked for. */
export const canShow = () => (state.collection.value?.n ?? 0) > 0 && !state.server.value?.copied && !state.server.value?.provisional;

/** Looks for trips when they are shown first, or something of them is open. */
export function watchTrips() {
  effect(() => {
    const isWanted = state.inTrips.value || trips.scope.value !== null;
    if (isWanted && canShow() && trips.found.value?.snapshot !== state.collection.value?.snapshot) loadTrips();
  });
}

/** The rows of the list that keys reach: titles of trips, and events. @returns {HTMLElement[]} */
const items = () => [...document.querySelectorAll('.trips [data-item]')].filter((item) => item instanceof HTMLElement);

/** Makes an item the one that keys act on. @param {string} key @param {'nearest' | 'start'} [block] how far it is scrolled to */
export function goTo(key, block = 'nearest') {
  batch(() => {
    trips.at.value = key;
    trips.wanted.value = { block };
  });
  // At once, as far as it is drawn already: the next key may follow before the page is drawn again.
  items().find((item) => item.dataset.item === key)?.focus({ preventScroll: true });
}

/** Moves to another trip or event. @param {Way} way */
export function move(way) {
  const all = items(), from = all.findIndex((item) => item.dataset.item === trips.at.peek());
  const to = from < 0 ? all[way === 'last' ? all.length - 1 : 0] : neighbour(all, from, way);
  if (to) goTo(to.dataset.item ?? '');
}

/** @param {readonly HTMLElement[]} all @param {number} from @param {Way} way */
function neighbour(all, from, way) {
  if (way === 'first' || way === 'last') return all[way === 'first' ? 0 : all.length - 1];
  if (way === 'left' || way === 'right') return all[from + (way === 'left' ? -1 : 1)];
  const step = way === 'up' || way === 'previous' ? -1 : 1;
  if (way === 'next' || way === 'previous') {
    let i = from + step;
    while (all[i] && 'event' in all[i].dataset) i += step;
    return all[i];
  }
  const here = all[from].getBoundingClientRect();
  let best = null, least = Infinity, row = NaN;
  for (let i = from + step; all[i]; i += step) {
    const box = all[i].getBoundingClientRect();
    if (Math.abs(box.top - here.top) < 4) continue;
    if (best && Math.abs(box.top - row) > 4) break;
    row = box.top;
    const away = Math.abs(box.left - here.left);
    if (away < least) {
      least = away;
      best = all[i];
    }
  }
  return best;
}

/** What an item of the list stands for. @param {string} key @returns {Scope | null} */
function scopeOf(key) {
  if (key === trips.UNDATED) return { kind: 'undated', id: -1 };
  const id = Number(key.slice(1));
  return trips.found.peek()?.eventOf(id) ? { kind: key.startsWith('t') ? 'trip' : 'event', id } : null;
}

/** Opens the trip or event that keys act on, or another one: the gallery shows its pictures only. @param {string} [key] */
export function open(key = trips.at.peek()) {
  const scope = scopeOf(key);
  if (!scope) return;
  batch(() => {
    trips.at.value = key;
    trips.scope.value = scope;
    state.results.value = null;
    state.active.value = -1;
    state.view.value = 'gallery';
  });
}

/** Shows all pictures again. */
export const showAll = () => { trips.scope.value = null; };

/** Back to the list, at what was open. */
export function leave() {
  batch(() => {
    trips.at.value = trips.opened.peek()?.key ?? trips.at.peek();
    trips.scope.value = null;
    state.view.value = 'trips';
    trips.wanted.value = { block: 'nearest' };
  });
}

/** Folds or unfolds a trip. @param {string} key */
export function turn(key) {
  const turned = new Set(trips.turned.peek());
  if (!turned.delete(key)) turned.add(key);
  trips.turned.value = turned;
}

/** Goes to an event, whose trip is unfolded if it has to be. @param {import('../data/trips.js').Event} event */
export function jump(event) {
  batch(() => {
    if (trips.isFolded(event.trip)) turn(event.trip.key);
    goTo(event.key, 'start');
  });
}

/** Whether what is open can be corrected. */
export const canCorrect = () => !state.readOnly.value && trips.opened.value !== null && trips.opened.value.kind !== 'undated';

/** Names what is open; an empty name gives it the one that was found again. @param {string} name */
export function rename(name) {
  const open = trips.opened.peek();
  if (!open || open.kind === 'undated') return;
  state.dialog.value = null;
  correct(name ? `Named “${name}”` : 'Name removed', { kind: 'eventname', ids: [...open.ids], name, level: open.kind });
}

/** The trips or events before and after what is open. @returns {{before: Part | null, after: Part | null}} */
export function neighbours() {
  const open = trips.opened.value, found = trips.found.value;
  if (!open?.trip || !found) return { before: null, after: null };
  const all = open.event ? found.events : found.trips, { index } = open.event ?? open.trip;
  return { before: partOf(all[index - 1]), after: partOf(all[index + 1]) };
}

/** @typedef {{title: string, from: number, to: number, ids: readonly number[]}} Part */

/** @param {import('../data/trips.js').Trip | import('../data/trips.js').Event | undefined} part @returns {Part | null} */
function partOf(part) {
  if (!part) return null;
  const { start_s: from, end_s: to } = part.facts;
  return 'trip' in part ? { title: part.facts.name, from, to, ids: part.facts.ids } : { title: trips.nameOfTrip(part), from, to, ids: part.ids };
}

/** Joins what is open with the one before or after. @param {Part} other */
export function joinWith(other) {
  const open = trips.opened.peek();
  if (!open || open.kind === 'undated') return;
  state.dialog.value = null;
  correct(`Joined with ${other.title}`, { kind: 'eventjoin', ids: [open.ids[0], other.ids[0]], level: open.kind });
}

/** Pictures that are selected in what is open. */
export const chosen = () => (trips.opened.value?.ids ?? []).filter((id) => state.selection.value.has(id));

/** Divides what is open before the earliest of the selected pictures. */
export function splitHere() {
  const open = trips.opened.peek(), ids = chosen();
  if (!open || open.kind === 'undated' || !ids.length) return;
  state.dialog.value = null;
  correct(open.kind === 'trip' ? 'Trip divided' : 'Event divided', { kind: 'eventsplit', ids: [ids[0]], level: open.kind });
}

/** Moves the selected pictures to an event. @param {import('../data/trips.js').Event} event */
export async function moveTo(event) {
  const ids = chosen();
  state.dialog.value = null;
  const done = await correct(`${countText(ids.length, 'picture')} moved to ${event.facts.name}`, { kind: 'eventmove', ids, to: event.facts.ids.slice(0, 1) });
  if (done) selection.clearWithoutUndo();
}

/** Says that home is where an event was. @param {import('../data/trips.js').EventFacts} facts */
export function isHome({ latitude, longitude, place }) {
  if (latitude === null || longitude === null) return;
  state.dialog.value = null;
  correct(`Home is in ${place || 'this place'}`, { kind: 'homeis', latitude, longitude });
}

/** Sets the clock of a camera right. @param {import('../core/wire.js').SuggestedClock} clock */
export const setClock = ({ camera, shift_s }) => correct(`${lengthText(shift_s)} for the clock of ${camera}`, { kind: 'cameraclock', camera, shift_s });
