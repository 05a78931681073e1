/** The selection of pictures, and ways to change it. */
import { changeView } from './history.js';
import * as state from './state.js';

/** The start of a range that Shift extends. */
let rangeFrom = -1;

/** @param {Iterable<number>} ids @param {string} label */
function select(ids, label) {
  changeView('select', label, () => { state.selection.value = new Set(ids); });
}

/** Selects only these. @param {Iterable<number>} ids */
export const selectOnly = (ids) => select(ids, 'Select');

/** Adds these to the selection. @param {Iterable<number>} ids */
export const selectMore = (ids) => select([...state.selection.peek(), ...ids], 'Select more');

/** Selects nothing. */
export function selectNone() {
  rangeFrom = -1;
  if (state.selection.peek().size) select([], 'Select nothing');
}

/** Clears the selection after a correction, without an entry of its own to undo. */
export function clearWithoutUndo() {
  rangeFrom = -1;
  state.selection.value = new Set();
}

/** Adds a picture to the selection, or removes it. @param {number} id */
export function toggle(id) {
  const ids = new Set(state.selection.peek());
  if (!ids.delete(id)) ids.add(id);
  rangeFrom = id;
  select(ids, 'Select');
}

/** Selects some pictures, or none of them if all were selected. @param {readonly number[]} ids */
export function toggleAll(ids) {
  const now = new Set(state.selection.peek());
  const all = ids.every((id) => now.has(id));
  for (const id of ids) if (all) now.delete(id); else now.add(id);
  select(now, all ? 'Select less' : 'Select cluster');
}

/** Selects from the start of the selection to a picture, in the order of the gallery. @param {number} id */
export function extendTo(id) {
  const arrangement = state.arrangement.peek(), collection = state.collection.peek();
  if (!arrangement || !collection) return;
  if (rangeFrom < 0) rangeFrom = state.active.peek() >= 0 ? state.active.peek() : id;
  const all = shownIds(arrangement, collection);
  const a = all.indexOf(rangeFrom), b = all.indexOf(id);
  if (a >= 0 && b >= 0) selectMore(all.slice(Math.min(a, b), Math.max(a, b) + 1));
}

/**
 * Ids in the order in which the gallery shows them.
 * @param {import('../data/arrange.js').Arrangement} arrangement @param {import('../data/collection.js').Collection} collection
 */
export function shownIds(arrangement, collection) {
  const ids = [];
  for (let s = 0; s < arrangement.k; s++) {
    for (let f = arrangement.from[s]; f < arrangement.to[s]; f++) ids.push(collection.order[arrangement.flat[f]]);
  }
  return ids;
}

/**
 * Ids of a section.
 * @param {import('../data/arrange.js').Arrangement} arrangement @param {import('../data/collection.js').Collection} collection
 * @param {number} s
 */
export function sectionIds(arrangement, collection, s) {
  return Array.from(arrangement.flat.subarray(arrangement.from[s], arrangement.to[s]), (p) => collection.order[p]);
}
