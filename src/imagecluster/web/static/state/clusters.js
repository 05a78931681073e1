/** Keeps what is derived from the state up to date: the arrangement of the clusters, and the curve above the slider. */
import { effect } from '../core/preact.js';
import { askCurve } from '../data/api.js';
import * as state from './state.js';
import { opened, scope } from './trips.js';

/** Milliseconds that the latest cuts took, newest last; for measurements. */
export const cutTimes = /** @type {number[]} */ ([]);

/** The clusters of the current cut, also while the results of a search are shown instead. */
export function clustersNow() {
  const open = opened.peek(), { clustering } = state.collectionNow();
  if (!state.arrangement.peek()) return null;
  return open ? clustering.sectionsWithin(open.ids) : clustering.sections;
}

/** Starts watching. */
export function watchClusters() {
  effect(() => {
    const began = performance.now();
    state.arrangement.value = arranged();
    if (cutTimes.push(performance.now() - began) > 500) cutTimes.shift();
  });
  effect(() => {
    const collection = state.collection.value;
    if (!collection?.n) return;
    askCurve(collection.snapshot).catch(() => null).then((curve) => {
      if (state.collection.peek() === collection) state.curve.value = curve;
    });
  });
}

/** The arrangement for the current state. */
function arranged() {
  const collection = state.collection.value, results = state.results.value;
  const sim = state.sim.value, minSize = state.minSize.value, sort = state.sort.value;
  const branches = state.branches.value, { corrections } = state.edits.value;
  if (!collection?.n) return null;
  collection.clustering.update({ sim, minSize, sort, branches, corrections });
  const { clustering } = collection, open = opened.value;
  if (scope.value && !open) return null; // the trips are on their way
  if (!results) return open ? clustering.sectionsWithin(open.ids) : clustering.sections;
  const within = open && new Set(open.ids);
  return clustering.sectionOfResults(within ? results.ids.filter((id) => within.has(id)) : results.ids, results.label);
}

/** Title of a section. @param {import('../data/arrange.js').Arrangement} arrangement @param {number} s */
export function titleOf(arrangement, s) {
  const name = arrangement.names.get(s);
  if (name) return name;
  if (arrangement.hasSingles && s === arrangement.k - 1) {
    if (state.server.peek()?.provisional) return 'The pictures so far';
    return arrangement.k > 1 ? 'Ungrouped' : arrangement.to[s] - arrangement.from[s] > 1 ? 'No clusters' : 'The only picture';
  }
  return `Cluster ${arrangement.numbers[s]}`;
}
