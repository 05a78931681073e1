/** Which pictures are selected, and moving among them. */
import { changeView } from './history.js';
import * as state from './state.js';

/** Where a range starts that Shift extends. */
let rangeFrom = -1;

/** @param {Iterable<number>} ids @param {string} label */
function select(ids, label) {
  changeView('select', label, () => { state.selection.value = new Set(ids); });
}

/** Selects these alone. @param {Iterable<number>} ids */
export const selectOnly = (ids) => select(ids, 'Select');

/** Selects these too. @param {Iterable<number>} ids */
export const selectMore = (ids) => select([...state.selection.peek(), ...ids], 'Select more');

/** Selects nothing. */
export function selectNone() {
  rangeFrom = -1;
  if (state.selection.peek().size) select([], 'Select nothing');
}

/** A correction has used the selection up; undoing the correction is the next thing to undo. */
export function clearWithoutUndo() {
  rangeFrom = -1;
  state.selection.value = new Set();
}

/** Selects a picture, or takes it out of the selection. @param {number} id */
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

/** Selects from where the selection began to a picture, as the gallery shows them. @param {number} id */
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
