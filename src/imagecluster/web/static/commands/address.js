/** Keeps the address of the page in step with the view, and restores a view from an address. */
import { batch, effect } from '../core/preact.js';
import { APART, SURE } from '../data/duplicates.js';
import { remembered } from '../state/preferences.js';
import * as cull from '../state/cull.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { scope } from '../state/trips.js';
import { canShow } from './duplicates.js';
import { close, openCluster, openPicture } from './navigate.js';
import { searchFor, searchLeft, searchSimilar } from './search.js';
import { canShow as canShowTrips, leave } from './trips.js';
import { SORTS } from './view.js';

const WRITE_AFTER_MS = 250;
const VIEWS = /** @type {const} */ (['gallery', 'map', 'timeline', 'copies', 'trips']);
/** More selected pictures than this are not kept in the address. */
const MOST_IDS = 500;

/** Numbers as ranges in base 36: "a-c.f". @param {Iterable<number>} ids */
function packedIds(ids) {
  const sorted = [...ids].sort((a, b) => a - b);
  const ranges = [];
  for (let i = 0; i < sorted.length; i++) {
    const from = i;
    while (i + 1 < sorted.length && sorted[i + 1] === sorted[i] + 1) i++;
    ranges.push(from === i ? sorted[i].toString(36) : `${sorted[from].toString(36)}-${sorted[i].toString(36)}`);
  }
  return ranges.join('.');
}

/** @param {string} text @param {number} n ids are below @returns {number[]} */
function unpackedIds(text, n) {
  const ids = [];
  for (const range of text.split('.').filter(Boolean)) {
    const [from, to = from] = range.split('-').map((part) => parseInt(part, 36));
    for (let id = from; id <= Math.min(to, n - 1) && ids.length < MOST_IDS; id++) ids.push(id);
  }
  return ids;
}

/** The settings of the view, as a part of an address. */
function viewQuery() {
  const server = state.server.value;
  const query = new URLSearchParams();
  query.set('sim', String(state.sim.value));
  if (state.minSize.value !== server?.min_size) query.set('min', String(state.minSize.value));
  query.set('sort', state.sort.value);
  query.set('size', state.size.value);
  if (state.view.value !== 'gallery') query.set('view', state.view.value);
  if (state.inCopies.value && copies.kind.value !== null) query.set('kind', copies.kind.value);
  const own = state.branches.value.map((b) => `${b.from.toString(36)}-${b.to.toString(36)}-${b.height}`).join('_');
  if (own) query.set('own', own);
  return query;
}

/** The address of the settings of the view, without its '#', selection and open dialogs. */
export function viewLink() {
  const query = viewQuery();
  query.set('of', state.collection.value?.snapshot ?? '');
  return query.toString();
}

/** The address of the complete view, without its '#'. */
function fullLink() {
  const collection = state.collection.value;
  if (!state.server.value || !collection) return '';
  const query = viewQuery();
  const selected = state.selection.value;
  if (selected.size && selected.size <= MOST_IDS) query.set('sel', packedIds(selected));
  const results = state.results.value;
  if (results?.text) query.set('q', results.text);
  else if (results?.like !== undefined) query.set('like', results.like.toString(36));
  if (state.openedPicture.value >= 0) query.set('picture', state.openedPicture.value.toString(36));
  const cluster = state.openedCluster.value;
  if (cluster) query.set('cluster', collection.order[cluster.from].toString(36));
  const open = scope.value;
  if (open) query.set('open', open.kind === 'undated' ? open.kind : `${open.kind}-${open.id.toString(36)}`);
  if (state.anchor.value >= 0) query.set('at', state.anchor.value.toString(36));
  if (selected.size || ['own', 'like', 'picture', 'cluster', 'at', 'open'].some((key) => query.has(key))) query.set('of', collection.snapshot);
  return query.toString();
}

/** Restores the view in the address, as far as it fits the collection. */
export function readLink() {
  const server = state.server.peek(), collection = state.collection.peek();
  if (!server || !collection) return;
  const query = new URLSearchParams(location.hash.slice(1) || server.copied?.link);
  const number = (/** @type {string} */ key, /** @type {number} */ otherwise, /** @type {number} */ low, /** @type {number} */ high) => {
    const value = query.has(key) ? Number(query.get(key)) : NaN;
    return value >= low && value <= high ? value : otherwise;
  };
  const sameData = query.get('of') === collection.snapshot;
  const id = (/** @type {string} */ key) => {
    const value = sameData ? parseInt(query.get(key) ?? '', 36) : NaN;
    return value >= 0 && value < collection.n ? value : -1;
  };
  const taste = remembered();
  batch(() => {
    state.beside.value = taste.beside ?? true;
    state.withFacts.value = taste.facts ?? true;
    state.sim.value = number('sim', server.sim, 0, 1);
    state.minSize.value = Math.round(number('min', server.min_size, 1, 1e6));
    state.sort.value = SORTS.find(([key]) => key === (query.get('sort') ?? taste.sort))?.[0] ?? 'size';
    state.size.value = /** @type {const} */ (['S', 'M', 'L']).find((name) => name === (query.get('size') ?? taste.size)) ?? 'M';
    showLinked(query);
    copies.kind.value = [...SURE, ...APART].find((kind) => kind === query.get('kind')) ?? null;
    state.selection.value = new Set(sameData ? unpackedIds(query.get('sel') ?? '', collection.n) : []);
    state.branches.value = sameData ? ownCuts(query.get('own') ?? '', collection.n) : [];
  });
  const at = id('at');
  // The gallery has its size only after it was shown for one frame.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (at >= 0) state.scrollToPicture(at);
    openLinked(query);
  }));
}

/** Shows the view that an address names, and what of the trips it says is open. @param {URLSearchParams} query */
function showLinked(query) {
  const collection = state.collectionNow(), view = VIEWS.find((name) => name === query.get('view')) ?? 'gallery';
  const [kind, number] = (query.get('of') === collection.snapshot && query.get('open') || '').split('-'), id = parseInt(number, 36);
  state.view.value = (view === 'copies' && !canShow()) || (view === 'trips' && !canShowTrips()) ? 'gallery' : view;
  if (!canShowTrips()) scope.value = null;
  else if (kind === 'undated') scope.value = { kind, id: -1 };
  else scope.value = (kind === 'trip' || kind === 'event') && id >= 0 && id < collection.n ? { kind, id } : null;
}

/** Opens what an address says is open. @param {URLSearchParams} query */
async function openLinked(query) {
  const collection = state.collectionNow(), sameData = query.get('of') === collection.snapshot;
  const id = (/** @type {string} */ key) => {
    const value = sameData ? parseInt(query.get(key) ?? '', 36) : NaN;
    return value >= 0 && value < collection.n ? value : -1;
  };
  const text = query.get('q'), like = id('like'), picture = id('picture'), cluster = id('cluster');
  if (text) await searchFor(text);
  else if (like >= 0) await searchSimilar({ id: like });
  if (state.collection.peek() !== collection) return;
  if (picture >= 0) openPicture({ id: picture });
  else if (cluster >= 0) openCluster({ id: cluster });
}

/** Number of things that were opened over the gallery, each of which the back button closes; what is open of the trips lies over their list. */
const depthNow = () => [
  scope.value, scope.value,
  state.view.value !== 'gallery', state.results.value, state.openedCluster.value, state.openedPicture.value >= 0, copies.pair.value, cull.isOpen.value, state.dialog.value,
].filter(Boolean).length;

/** Closes what was opened last, until so many are open. @param {number} depth */
function closeTo(depth) {
  const isActing = () => state.dialog.peek() === 'plan' && copies.acting.peek().total !== undefined;
  const isOverView = () => state.dialog.peek() || cull.isOpen.peek() || copies.pair.peek() || state.openedPicture.peek() >= 0 || state.openedCluster.peek() || state.results.peek();
  while (depthNow() > depth && isOverView() && !isActing()) {
    if (!state.dialog.peek() && !cull.isOpen.peek() && !copies.pair.peek() && state.openedPicture.peek() < 0 && !state.openedCluster.peek()) searchLeft();
    close();
  }
  if (depthNow() > depth && !isOverView()) state.view.value = 'gallery';
  if (depthNow() > depth && !isOverView() && scope.peek()) leave();
  if (depthNow() > depth && !isOverView()) state.view.value = 'gallery';
}

/** @param {string} text @param {number} n */
function ownCuts(text, n) {
  const branches = [];
  for (const part of text.split('_').filter(Boolean)) {
    const [from, to, height] = part.split('-');
    const branch = { from: parseInt(from, 36), to: parseInt(to, 36), height: Number(height) };
    if (branch.from >= 0 && branch.from < branch.to && branch.to <= n && branch.height >= 0) branches.push(branch);
  }
  return branches;
}

/**
 * Keeps the address up to date, and has the back button close what was opened.
 *
 * Each entry of the browser's history knows the depths of all entries of this page up to it: one is added when
 * something is opened, and left when it is closed in the page.
 */
export function watchLink() {
  let timer = 0, own = location.hash, isGoing = false;
  const depthsNow = () => /** @type {number[]} */ (history.state?.depths ?? [0]);
  const update = () => {
    const text = fullLink(), depth = depthNow();
    clearTimeout(timer);
    if (!text || isGoing) return;
    const depths = depthsNow(), top = depths[depths.length - 1];
    if (depth > top) {
      own = `#${text}`;
      history.pushState({ depths: [...depths, depth] }, '', own);
    } else if (depth < top && depths.length > 1) {
      isGoing = true;
      let to = depths.length - 2;
      while (to > 0 && depths[to] > depth) to--;
      history.go(to + 1 - depths.length);
    } else {
      timer = setTimeout(() => {
        own = `#${text}`;
        history.replaceState({ depths: [...depths.slice(0, -1), depth] }, '', own);
      }, WRITE_AFTER_MS);
    }
  };
  // What the address opens lies over this entry, which the back button leads to before it leaves the page.
  history.replaceState({ depths: depthsNow() }, '');
  effect(update);
  addEventListener('popstate', (event) => {
    const depths = /** @type {number[] | undefined} */ (event.state?.depths);
    if (!depths) return; // an address that was typed
    own = location.hash;
    if (isGoing) isGoing = false;
    else if (depths[depths.length - 1] < depthNow()) closeTo(depths[depths.length - 1]);
    else reopen(new URLSearchParams(location.hash.slice(1)));
    update();
  });
  addEventListener('hashchange', () => { if (location.hash !== own) readLink(); });
}

/** Shows again what the forward button leads to. @param {URLSearchParams} query */
function reopen(query) {
  batch(() => showLinked(query));
  openLinked(query);
}
