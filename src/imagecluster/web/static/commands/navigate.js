/** Commands that move through the pictures and open them. */
import { batch } from '../core/preact.js';
import { countText } from '../core/text.js';
import * as selection from '../state/selection.js';
import * as cull from '../state/cull.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { scope } from '../state/trips.js';
import { closePair } from './duplicates.js';
import { branchOf, pictureOf, sectionOf } from './target.js';
import { leave } from './trips.js';

/** @typedef {import('./target.js').Context} Context */

/** @param {import('../data/places.js').Way} way */
export function move(way) {
  const { places } = state.collectionNow(), inSight = state.inSight.peek(), from = state.active.peek();
  if (places.flatOf(from) >= 0 && inSight.includes(from)) {
    state.focusPicture(places.neighbour(from, way));
    return;
  }
  // After scrolling, the way begins with what is in sight, not with the picture that was left behind.
  const first = inSight.includes(state.anchor.peek()) ? state.anchor.peek() : (inSight[0] ?? -1);
  const isStep = first < 0 || ['left', 'right', 'up', 'down'].includes(way);
  const to = first < 0 ? places.neighbour(-1, 'first') : isStep ? first : places.neighbour(first, way);
  if (to >= 0) state.focusPicture(to);
}

/** @param {Context} context */
export function openPicture(context) {
  const id = pictureOf(context);
  if (id < 0) return;
  state.active.value = id;
  state.openedCluster.value = null;
  state.openedPicture.value = id;
}

/** @param {Context} context */
export function openCluster(context) {
  const section = sectionOf(context);
  const branch = branchOf(section);
  if (!branch) {
    state.notify(state.collectionNow().n > 1 ? 'This picture is not in a cluster; try a looser similarity.' : 'There is only this picture.');
    return;
  }
  batch(() => {
    state.openedPicture.value = -1;
    state.openedCluster.value = { from: branch[0], to: branch[1], section };
  });
}

/** Closes what is open, one layer at a time. */
export function close() {
  if (state.dialog.peek()) state.dialog.value = null;
  else if (cull.isOpen.peek()) closeCull();
  else if (copies.pair.peek()) closePair();
  else if (state.openedPicture.peek() >= 0) closePicture();
  else if (state.openedCluster.peek()) state.openedCluster.value = null;
  else if (state.results.peek() || document.activeElement instanceof HTMLInputElement) {
    state.results.value = null;
    if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
  }
  else if (state.selection.peek().size || !scope.peek()) selection.selectNone();
  else leave();
}

/** Back from the large picture to its place in the gallery. */
export function closePicture() {
  const id = state.openedPicture.peek();
  state.openedPicture.value = -1;
  focusAgain(id);
}

/** Back from culling to the picture that was looked at last. */
export function closeCull() {
  const id = cull.at.peek();
  batch(() => {
    cull.isOpen.value = false;
    if (id >= 0) state.active.value = id;
  });
  focusAgain(id);
}

/** Gives the focus to a picture of the gallery, or to the current one if that is no longer shown. @param {number} id */
export function focusAgain(id) {
  if (id < 0 || (state.view.peek() !== 'gallery' && !state.isSplit.peek())) return;
  // Nothing behind a dialog can have the focus until the dialog is closed.
  setTimeout(() => {
    if (document.querySelector('dialog[open]')) return;
    const { places } = state.collectionNow(), active = state.active.peek();
    const to = [active, id].find((each) => each >= 0 && places.flatOf(each) >= 0);
    if (to !== undefined) state.focusPicture(to);
  });
}

/** Largest number of pictures to compare: side by side, more would be too small. */
const MOST_COMPARED = 4;

/** Compares the selected pictures, in the order of the gallery. */
export function compare() {
  const { places } = state.collectionNow();
  const ids = [...state.selection.peek()].sort((a, b) => places.flatOf(a) - places.flatOf(b));
  state.compared.value = ids.slice(0, MOST_COMPARED);
  state.dialog.value = 'compare';
  if (ids.length > MOST_COMPARED) state.notify(`These are the first ${MOST_COMPARED} of ${countText(ids.length, 'selected picture')}.`);
}

/** @param {import('../state/state.js').DialogName} name */
export const showDialog = (name) => { state.dialog.value = name; };
