/** Commands that cut: all branches at one similarity, or a single branch. */
import { countText, simText } from '../core/text.js';
import { parentOf, splitOf, withBranch } from '../data/cut.js';
import { simOf } from '../data/scale.js';
import { changeView, undoingOfLast } from '../state/history.js';
import * as state from '../state/state.js';
import { branchOf, pictureOf, sectionOf } from './target.js';

/** @typedef {import('./target.js').Context} Context */

/** Cuts at another similarity. @param {number} sim */
export function setSim(sim) {
  const value = Math.min(1, Math.max(0, sim));
  changeView('sim', `Similarity ${simText(value)}`, () => {
    state.results.value = null;
    state.sim.value = value;
  });
}

/** @param {number} step */
export const stepSim = (step) => setSim(Math.round((state.sim.peek() + step) * 1000) / 1000);

/** Moves to the next suggestion. @param {1 | -1} way */
export function snapSim(way) {
  const now = state.sim.peek();
  const sims = (state.curve.peek()?.suggestions ?? []).map((s) => s.sim).sort((a, b) => a - b);
  const next = way > 0 ? sims.find((s) => s > now + 1e-9) : sims.reverse().find((s) => s < now - 1e-9);
  if (next === undefined) state.notify('There are no more suggestions in this direction.');
  else setSim(next);
}

/** @param {Context} context */
export function split(context) {
  const branch = branchOf(sectionOf(context));
  const { gap, distances } = state.collectionNow();
  const cuts = branch ? splitOf(gap, distances, ...branch) : [];
  if (!cuts.length) {
    state.notify(branch ? 'These pictures are identical: nothing to split.' : 'A single picture cannot be split.');
    return;
  }
  changeView('split', 'Split a cluster', () => { state.branches.value = cuts.reduce(withBranch, state.branches.peek()); });
}

/** The reason why a branch joins nothing further. @param {[number, number] | null} branch */
export function whyNoMore(branch) {
  const limit = state.server.peek()?.max_diameter ?? null, within = state.server.peek()?.within ?? null;
  const all = !branch || branch[1] - branch[0] === state.collectionNow().n;
  if (all || (limit === null && within === null)) return 'It holds every picture of the collection.';
  const wider = `be wider than the latest run allows (--max-diameter ${limit})`;
  const crossing = `hold pictures of two ${within}s (--within ${within})`;
  return `Joined with its neighbour, it would ${[within !== null && crossing, limit !== null && wider].filter(Boolean).join(', or ')}.`;
}

/** @param {Context} context */
export function join(context) {
  const section = sectionOf(context);
  const id = pictureOf(context);
  const branch = branchOf(section) ?? (id >= 0 ? state.collectionNow().clustering.runAt(state.collectionNow().position[id]) : null);
  const parent = branch && parentOf(state.collectionNow().gap, ...branch);
  if (!parent) {
    state.notify(whyNoMore(branch));
    return;
  }
  changeView('join', 'Join clusters', () => { state.branches.value = withBranch(state.branches.peek(), parent); });
  const sim = simOf(state.collectionNow().scale, parent.height);
  state.notify(`Joined: ${countText(parent.to - parent.from, 'picture')}, together at similarity ${simText(sim)} and below.`, undoingOfLast());
}

/** Cuts all branches at one similarity again. */
export const resetBranches = () => changeView('reset', 'Reset custom splits', () => { state.branches.value = []; });

/** @param {number} least number of pictures in the smallest cluster that is shown */
export const setMinSize = (least) => changeView('least', 'Smallest cluster', () => { state.minSize.value = least; });
