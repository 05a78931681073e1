/** What a command is about: a picture, a section, a branch of the dendrogram. */
import { sectionWith } from '../data/arrange.js';
import { clustersNow } from '../state/clusters.js';
import * as state from '../state/state.js';

/** @typedef {{section?: number, id?: number}} Context  what the command was called on, if on something */

/** Picture that a command is about. @param {Context} context */
export const pictureOf = (context) => context.id ?? (state.openedPicture.peek() >= 0 ? state.openedPicture.peek() : state.active.peek());

/** Section of `clustersNow` that a command is about; -1 for none. @param {Context} context */
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
 * The branch of the dendrogram that a section stands for: its own run, or where corrections have mixed it, the one of
 * its first picture.
 * @param {number} s @returns {[number, number] | null}
 */
export function branchOf(s) {
  const arrangement = clustersNow();
  if (!arrangement || s < 0 || (arrangement.hasSingles && s === arrangement.k - 1)) return null;
  const members = arrangement.flat.subarray(arrangement.from[s], arrangement.to[s]);
  const low = members.reduce((a, b) => Math.min(a, b)), high = members.reduce((a, b) => Math.max(a, b));
  return high - low + 1 === members.length ? [low, high + 1] : state.collectionNow().clustering.runAt(members[0]);
}
