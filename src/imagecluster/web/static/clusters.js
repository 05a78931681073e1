/** Keeps the arrangement true to the state: cuts, sorts, and lays the corrections over the cut. */
import { askJson } from './api.js';
import { Arranger } from './arrange.js';
import { effect, signal, untracked } from './lib.js';
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
/** Grows with each cut: `runLabels` are new. */
export const cutVersion = signal(0);

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
  untracked(() => { cutVersion.value++; });
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
      const answer = await askJson(`/api/${collection.snapshot}/edited?sim=${sim}&min_size=${minSize}`, stop.signal);
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
 * The server's clusters, with the branches that have a cut of their own taken apart or put together again.
 * @param {{clusters: import('./api.js').EditedCluster[], hidden: number[]}} edited @param {number} minSize
 * @param {import('./arrange.js').SortKey} sort
 */
function withCorrections(edited, minSize, sort) {
  const collection = /** @type {import('./collection.js').Collection} */ (state.collection.peek());
  const place = (/** @type {number} */ id) => collection.position[id];
  let groups = edited.clusters.map((c) => ({ members: c.members.map(place).sort((a, b) => a - b), name: c.name, pinned: c.pinned }));
  const seen = new Uint8Array(collection.n);
  for (const id of edited.hidden) seen[place(id)] = 1;
  for (const group of groups) for (const p of group.members) seen[p] = 1;
  for (let p = 0; p < collection.n; p++) if (!seen[p]) groups.push({ members: [p], name: null, pinned: false });
  const height = heightOf(collection.largest, state.sim.peek());
  for (const branch of state.branches.peek()) {
    if (!segments(collection.gap, height, state.branches.peek()).includes(branch)) continue;
    groups = rebranched(groups, branch);
  }
  // What was put together or named by hand is a cluster, however small.
  const least = (/** @type {Group} */ g) => (g.pinned || g.name ? Math.min(2, minSize) : minSize);
  const shown = groups.filter((g) => g.members.length >= least(g)).map((g) => ({
    ...g, height: joinedAt(collection.gap, g.members[0], g.members[g.members.length - 1] + 1),
  }));
  const singles = groups.filter((g) => g.members.length < least(g)).flatMap((g) => g.members).sort((a, b) => a - b);
  return /** @type {Arranger} */ (arranger).ofLists(shown, singles, sort);
}

/**
 * @typedef {{members: number[], name: string | null, pinned: boolean}} Group
 * @param {Group[]} groups @param {import('./recut.js').Branch} branch @returns {Group[]}
 */
function rebranched(groups, branch) {
  const inside = (/** @type {Group} */ g) => !g.pinned && g.members.every((p) => p >= branch.from && p < branch.to);
  /** @type {Map<number, Group>} */
  const parts = new Map();
  for (const group of groups.filter(inside)) {
    for (const p of group.members) {
      const [start] = runAt(p);
      const part = parts.get(start) ?? { members: [], name: group.name, pinned: false };
      part.members.push(p);
      parts.set(start, part);
    }
  }
  for (const part of parts.values()) part.members.sort((a, b) => a - b);
  return [...groups.filter((g) => !inside(g)), ...parts.values()];
}
