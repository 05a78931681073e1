/** The target of a command: a picture, a section, or a branch of the dendrogram. */
import { sectionWith } from '../data/arrange.js';
import { clustersNow } from '../state/clusters.js';
import * as state from '../state/state.js';

/**
 * What a command was called on, if anything.
 * @typedef {{section?: number, id?: number, copy?: import('../state/duplicates.js').Spot}} Context
 */

/** The picture that a command applies to. @param {Context} context */
export const pictureOf = (context) => context.id ?? (state.openedPicture.peek() >= 0 ? state.openedPicture.peek() : state.active.peek());

/** The section of `clustersNow` that a command applies to; -1 for none. @param {Context} context */
export function sectionOf(context) {
  if (context.section !== undefined) return context.section;
  if (state.results.peek()) {
    const clusters = clustersNow(), id = pictureOf(context);
    return clusters && id >= 0 ? sectionWith(clusters, state.collectionNow().position[id]) : -1;
  }
  if (!state.arrangement.peek()) return -1;
  const id = pictureOf(context) >= 0 ? pictureOf(context) : (state.inSight.peek()[0] ?? -1);
  return state.collectionNow().places.sectionOf(id);
}

/**
 * The branch of the dendrogram for a section: its own run or, if corrections have mixed it, that of its first
 * picture.
 * @param {number} s @returns {[number, number] | null}
 */
export function branchOf(s) {
  const arrangement = clustersNow();
  if (!arrangement || s < 0 || (arrangement.hasSingles && s === arrangement.k - 1)) return null;
  const members = arrangement.flat.subarray(arrangement.from[s], arrangement.to[s]);
  const low = members.reduce((a, b) => Math.min(a, b)), high = members.reduce((a, b) => Math.max(a, b));
  return high - low + 1 === members.length ? [low, high + 1] : state.collectionNow().clustering.runAt(members[0]);
}
