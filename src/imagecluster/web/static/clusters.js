/** Keeps the arrangement true to the state: cuts, sorts, and lays the corrections over the cut. */
import { askJson } from './api.js';
import { Arranger } from './arrange.js';
import { effect } from './lib.js';
import { cutRuns, emptyRuns, heightOf, joinedAt, segments } from './recut.js';
import * as state from './state.js';

/** Wait after the last movement of the slider before the server is asked for the corrected clusters. */
const SETTLE_MS = 120;

/** @type {Arranger | null} */
let arranger = null;
/** @type {import('./recut.js').Runs} */
let runs = emptyRuns(0);
/** Milliseconds of the latest cuts, newest last; for measurements. */
export const cutTimes = /** @type {number[]} */ ([]);

/** Place where the run that holds a position starts and ends. @param {number} position @returns {[number, number]} */
export function runAt(position) {
  let low = 0, high = runs.k - 1;
  while (low < high) {
    const mid = (low + high + 1) >>> 1;
    if (runs.starts[mid] <= position) low = mid;
    else high = mid - 1;
  }
  return [runs.starts[low], runs.starts[low + 1]];
}

/** Starts watching. */
export function watchClusters() {
  effect(() => {
    const collection = state.collection.value;
    arranger = collection && collection.n ? new Arranger(collection) : null;
    runs = emptyRuns(collection?.n ?? 0);
  });
  effect(() => {
    const began = performance.now();
    state.arrangement.value = arranged();
    if (cutTimes.push(performance.now() - began) > 500) cutTimes.shift();
  });
  effect(askForCorrected);
}

/** The arrangement of the present state. */
function arranged() {
  const collection = state.collection.value;
  const sim = state.sim.value, minSize = state.minSize.value, sort = state.sort.value;
  const branches = state.branches.value, found = state.found.value, edited = state.edited.value;
  const records = state.edits.value.records;
  if (!collection || !arranger) return null;
  cutRuns(collection.gap, heightOf(collection.largest, sim), branches, runs);
  if (found) {
    const ids = found.ids.filter((id) => id < collection.n);
    const members = ids.map((id) => collection.position[id]);
    return arranger.ofLists(ids.length ? [{ members, height: 0, name: found.label }] : [], [], sort, true);
  }
  if (!records.length) return arranger.ofRuns(runs, minSize, sort);
  if (edited && edited.key === keyOf(sim, minSize)) return withCorrections(edited, minSize, sort);
  return provisional(collection, minSize, sort);
}

/** @param {number} sim @param {number} minSize */
const keyOf = (sim, minSize) => `${state.collection.peek()?.snapshot} ${sim} ${minSize} ${state.edits.peek().version}`;

/** Asks the server for the corrected clusters, once the slider rests. */
function askForCorrected() {
  const sim = state.sim.value, minSize = state.minSize.value, collection = state.collection.value;
  if (!state.edits.value.records.length || !collection?.n) return undefined;
  const key = keyOf(sim, minSize);
  const stop = new AbortController();
  const timer = setTimeout(async () => {
    try {
      const answer = await askJson(`/api/${collection.snapshot}/edited?sim=${sim}&min_size=${minSize}&changed=1`, stop.signal);
      state.edited.value = { key, ...answer };
    } catch (error) {
      if (!stop.signal.aborted) state.say(error instanceof Error ? error.message : String(error));
    }
  }, state.edited.peek() ? SETTLE_MS : 0);
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
}

/**
 * While the slider moves: the cut without what is hidden, with the names of the clusters that hold most of what was
 * named. The server's answer takes its place when the slider rests.
 * @param {import('./collection.js').Collection} collection @param {number} minSize
 * @param {import('./arrange.js').SortKey} sort
 */
function provisional(collection, minSize, sort) {
  const known = state.edited.peek();
  const hidden = new Set(known?.hidden ?? []);
  const names = new Map();
  for (const cluster of known?.clusters ?? []) {
    if (cluster.name && cluster.members.length) names.set(runAt(collection.position[cluster.members[0]])[0], cluster.name);
  }
  if (!hidden.size && !names.size) return /** @type {Arranger} */ (arranger).ofRuns(runs, minSize, sort);
  const clusters = [], singles = [];
  for (let c = 0; c < runs.k; c++) {
    const members = [];
    for (let p = runs.starts[c]; p < runs.starts[c + 1]; p++) if (!hidden.has(collection.order[p])) members.push(p);
    if (members.length >= minSize) clusters.push({ members, height: runs.heights[c], name: names.get(runs.starts[c]) });
    else singles.push(...members);
  }
  return /** @type {Arranger} */ (arranger).ofLists(clusters, singles, sort);
}

/**
 * @typedef {{members: number[], name: string | null, pinned: boolean}} Group
 *
 * The cut with the server's corrected clusters in the place of those that corrections have changed. Inside a branch that
 * has a cut of its own, that cut decides, except for what was put together by hand.
 * @param {{clusters: import('./api.js').EditedCluster[], hidden: number[]}} edited @param {number} minSize
 * @param {import('./arrange.js').SortKey} sort
 */
function withCorrections(edited, minSize, sort) {
  const collection = /** @type {import('./collection.js').Collection} */ (state.collection.peek());
  const branches = state.branches.peek();
  const own = segments(collection.gap, heightOf(collection.largest, state.sim.peek()), branches).filter((s) => branches.includes(s));
  const elsewhere = new Uint8Array(collection.n);
  for (const id of edited.hidden) elsewhere[collection.position[id]] = 1;
  /** @type {Group[]} */
  const groups = [];
  /** @type {Map<number, string>} */
  const names = new Map();
  for (const cluster of edited.clusters) {
    const members = cluster.members.map((id) => collection.position[id]).sort((a, b) => a - b);
    const low = members[0], high = members[members.length - 1];
    if (!cluster.pinned && own.some((b) => b.from <= low && high < b.to)) {
      if (cluster.name) names.set(runAt(low)[0], cluster.name);
      continue;
    }
    for (const p of members) elsewhere[p] = 1;
    groups.push({ members, name: cluster.name, pinned: cluster.pinned });
  }
  for (let c = 0; c < runs.k; c++) {
    const members = [];
    for (let p = runs.starts[c]; p < runs.starts[c + 1]; p++) if (!elsewhere[p]) members.push(p);
    if (members.length) groups.push({ members, name: names.get(runs.starts[c]) ?? null, pinned: false });
  }
  // What was put together or named by hand is a cluster, however small.
  const least = (/** @type {Group} */ g) => (g.pinned || g.name ? Math.min(2, minSize) : minSize);
  const shown = groups.filter((g) => g.members.length >= least(g)).map((g) => ({
    ...g, height: joinedAt(collection.gap, g.members[0], g.members[g.members.length - 1] + 1),
  }));
  const singles = groups.filter((g) => g.members.length < least(g)).flatMap((g) => g.members).sort((a, b) => a - b);
  return /** @type {Arranger} */ (arranger).ofLists(shown, singles, sort);
}
