/** Commands that select. */
import * as selection from '../state/selection.js';
import * as state from '../state/state.js';
import { pictureOf, sectionOf } from './target.js';

/** @typedef {import('./target.js').Context} Context */

/** @param {Context} context */
export const toggleActive = (context) => selection.toggle(pictureOf(context));

/** @param {Context} context */
export const extendToActive = (context) => selection.extendTo(pictureOf(context));

/** Selects a cluster, or all results of a search: only pictures that are shown. @param {Context} context */
export function selectCluster(context) {
  const arrangement = state.arrangement.peek(), s = state.results.peek() ? 0 : sectionOf(context);
  if (s >= 0 && arrangement?.k) selection.toggleAll(selection.sectionIds(arrangement, state.collectionNow(), s));
}

/** Selects everything. */
export function selectAll() {
  const arrangement = state.arrangement.peek();
  if (arrangement) selection.selectOnly(selection.shownIds(arrangement, state.collectionNow()));
}
