/** Keeps the arrangement true to the state: cuts, does the corrections again on the cut, sorts. */
import { effect } from '../core/preact.js';
import { isNamed } from '../core/text.js';
import { Arranger } from '../data/arrange.js';
import { cutRuns, emptyRuns } from '../data/cut.js';
import { replay, runOf } from '../data/replay.js';
import { heightOf } from '../data/scale.js';
import * as state from './state.js';

/** @type {Arranger | null} */
let arranger = null;
/** @type {import('../data/cut.js').Runs} */
let runs = emptyRuns(0);
/** The clusters behind the results of a search, once they were asked for. @type {import('../data/arrange.js').Arrangement | null} */
let behind = null;
/** Milliseconds of the latest cuts, newest last; for measurements. */
export const cutTimes = /** @type {number[]} */ ([]);

/** Place where the run that holds a position starts and ends. @param {number} position @returns {[number, number]} */
export function runAt(position) {
  const run = runOf(runs, position);
  return [runs.starts[run], runs.starts[run + 1]];
}

/** The clusters of the present cut, also while the results of a search are shown in their place. */
export function clustersNow() {
  if (!state.found.peek() || !arranger) return state.arrangement.peek();
  behind ??= arranger.ofRuns(
    runs, state.minSize.peek(), state.sort.peek(), corrected(state.collection.peek(), state.edits.peek().corrections),
  );
  return behind;
}

/**
 * What corrections have made of the cut; null where there are none.
 * @param {import('../data/collection.js').Collection | null} collection @param {import('../data/replay.js').Corrections} corrections
 */
function corrected(collection, corrections) {
  return collection && corrections.edits.length ? replay(runs, corrections, collection) : null;
}

/** Pictures of the present clusters whose name holds every word of a text. @param {string} text @returns {number[]} */
export function idsOfClustersNamed(text) {
  const collection = state.collection.peek(), replayed = corrected(collection, state.edits.peek().corrections);
  if (!collection || !replayed) return [];
  const { groups, names } = replayed;
  const positions = groups.filter(({ name }) => isNamed(name, text)).flatMap(({ members }) => members);
  for (const [run, name] of names) {
    if (isNamed(name, text)) for (let p = runs.starts[run]; p < runs.starts[run + 1]; p++) positions.push(p);
  }
  return positions.map((p) => collection.order[p]);
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
}

/** The arrangement of the present state. */
function arranged() {
  const collection = state.collection.value;
  const sim = state.sim.value, minSize = state.minSize.value, sort = state.sort.value;
  const branches = state.branches.value, found = state.found.value, { corrections } = state.edits.value;
  behind = null;
  if (!collection || !arranger) return null;
  cutRuns(collection.gap, heightOf(collection.scale, sim), branches, runs);
  const replayed = corrected(collection, corrections);
  if (found) {
    const hidden = replayed?.hidden ?? [], gone = new Set(hidden);
    const positions = found.ids.filter((id) => id < collection.n).map((id) => collection.position[id]);
    return arranger.ofFound(positions.filter((p) => !gone.has(p)), found.label, hidden);
  }
  return arranger.ofRuns(runs, minSize, sort, replayed);
}

/** Title of a section. @param {import('../data/arrange.js').Arrangement} arrangement @param {number} s */
export function titleOf(arrangement, s) {
  const name = arrangement.names.get(s);
  if (name) return name;
  if (arrangement.hasSingles && s === arrangement.k - 1) {
    if (state.server.peek()?.provisional) return 'The pictures so far';
    return arrangement.k > 1 ? 'On their own' : arrangement.to[s] - arrangement.from[s] > 1 ? 'No two together' : 'The only picture';
  }
  return `Cluster ${arrangement.numbers[s]}`;
}
