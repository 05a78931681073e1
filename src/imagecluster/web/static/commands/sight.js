/**
 * Keys act only on what is in sight: a picture or cluster that was scrolled away is brought back first, and the key is to
 * be pressed again. Buttons and menus are beside what they act on, or say how much it is.
 */
import { changeView } from '../state/history.js';
import * as state from '../state/state.js';

const ON_A_PICTURE = new Set(['open', 'similar', 'reveal', 'copy-path', 'select', 'extend']);
const ON_A_CLUSTER = new Set(['open-cluster', 'split-cluster', 'join-cluster', 'select-cluster', 'name-cluster', 'move-here']);
/** Those for the selected pictures or, if nothing is selected, for the current one. */
const ON_PICTURES = new Set(['apart', 'hide', 'together', 'compare']);

const isGalleryShown = () => state.view.peek() === 'gallery' || state.isSplit.peek();

/** Whether a picture can be seen. @param {number} id */
export function isInSight(id) {
  if (isGalleryShown()) return state.inSight.peek().includes(id);
  return state.view.peek() === 'map' && state.pointed.peek().id === id;
}

/** Whether part of the cluster of a picture can be seen. @param {number} id */
function isClusterInSight(id) {
  if (isInSight(id)) return true;
  if (!isGalleryShown() || state.results.peek()) return false;
  const { places } = state.collectionNow(), section = places.sectionOf(id);
  return section >= 0 && state.inSight.peek().some((other) => places.sectionOf(other) === section);
}

/** The picture that a command would act on, or that is in its cluster; -1 if what it acts on is in sight. @param {string} command */
function outOfSight(command) {
  const selected = state.selection.peek();
  if (ON_PICTURES.has(command) && selected.size) {
    if (state.view.peek() === 'map') return -1; // which marks what is selected
    for (const id of selected) if (isInSight(id)) return -1;
    const { places } = state.collectionNow();
    for (const id of selected) if (places.flatOf(id) >= 0) return id;
    return -1;
  }
  const active = state.active.peek();
  if (ON_A_CLUSTER.has(command)) {
    if (active < 0 && isGalleryShown()) return -1; // then it is the first one in sight
    return active >= 0 && isClusterInSight(active) ? -1 : nearest(active);
  }
  if (!ON_A_PICTURE.has(command) && !ON_PICTURES.has(command)) return -1;
  return active < 0 || isInSight(active) ? -1 : nearest(active);
}

/** A picture itself or, if it is not shown, the first one that is. @param {number} id */
const nearest = (id) => (state.collectionNow().places.flatOf(id) >= 0 ? id : (state.inSight.peek()[0] ?? -1));

/** Shows a picture in the gallery, with the focus. @param {number} id */
function show(id) {
  if (!isGalleryShown()) changeView('view', 'Show the gallery', () => { state.view.value = 'gallery'; });
  // The gallery has its size only after it was shown for one frame.
  requestAnimationFrame(() => requestAnimationFrame(() => state.focusPicture(id)));
}

/**
 * Brings what a key acts on back into sight; true if that was necessary, so that the command must not be run yet.
 * @param {string} command @param {string} key as people call it
 */
export function broughtBack(command, key) {
  if (!state.collection.peek()?.n || state.inCopies.peek() || state.inTrips.peek()) return false;
  const id = outOfSight(command);
  if (id < 0) return false;
  show(id);
  state.notify(`Here is what ${key} acts on; it was out of sight. Press ${key} again.`);
  return true;
}
