/** Commands that change the view of the clusters. */
import { changeView } from '../state/history.js';
import * as state from '../state/state.js';

/** @param {import('../state/state.js').ViewName} name */
export const showView = (name) => changeView('view', `Show the ${name}`, () => { state.view.value = name; });

/** Shows the gallery beside the map, or the map alone. */
export const toggleBeside = () => { state.beside.value = !state.beside.peek(); };

const SIZES = /** @type {const} */ (['S', 'M', 'L']);

/** @param {import('../state/state.js').SizeName} name */
export const setSize = (name) => changeView('size', 'Size of the pictures', () => { state.size.value = name; });

/** @param {1 | -1} step */
export const stepSize = (step) => setSize(SIZES[Math.min(2, Math.max(0, SIZES.indexOf(state.size.peek()) + step))]);

/** Orders of the clusters, with their names. */
export const SORTS = /** @type {[import('../data/arrange.js').SortKey, string][]} */ ([
  ['size', 'Largest first'], ['tight', 'Tightest first'], ['time', 'Oldest first'], ['name', 'By file name'],
]);

/** @param {import('../data/arrange.js').SortKey} key */
export const setSort = (key) => changeView('sort', 'Order of the clusters', () => { state.sort.value = key; });

/** The next order. */
export function nextSort() {
  const sorts = SORTS.filter(([key]) => key !== 'time' || state.server.peek()?.has_times);
  const at = sorts.findIndex(([key]) => key === state.sort.peek());
  const [key, label] = sorts[(at + 1) % sorts.length];
  setSort(key);
  state.notify(label);
}
