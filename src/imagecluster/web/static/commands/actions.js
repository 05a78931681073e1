/** What the commands do that change nothing for good. */
import { batch } from '../core/preact.js';
import { counted, simText } from '../core/text.js';
import { post } from '../data/api.js';
import { sectionWith } from '../data/arrange.js';
import { parentOf, splitOf, withBranch } from '../data/cut.js';
import { fetchNames, pathOf } from '../data/names.js';
import { simOf } from '../data/scale.js';
import { clustersNow, runAt } from '../state/clusters.js';
import { changeView } from '../state/history.js';
import * as selection from '../state/selection.js';
import * as state from '../state/state.js';

/** @typedef {import('./commands.js').Context} Context */

/** Filled by the gallery: what only it knows. @type {{grid: import('../gallery/grid.js').Grid | null, focus: (id: number) => void}} */
export const gallery = { grid: null, focus: () => {} };

const theCollection = () => /** @type {import('../data/collection.js').Collection} */ (state.collection.peek());

/** @param {Parameters<import('../gallery/grid.js').Grid['neighbour']>[1]} way */
export function move(way) {
  const grid = gallery.grid;
  if (!grid) return;
  const from = state.active.peek();
  const to = from < 0 || grid.flatOf(from) < 0 ? (grid.visible[0] ?? grid.neighbour(-1, 'first')) : grid.neighbour(from, way);
  if (to >= 0) gallery.focus(to);
}

/** Picture that a command is about. @param {Context} context */
export const pictureOf = (context) => context.id ?? (state.opened.peek() >= 0 ? state.opened.peek() : state.active.peek());

/** Section of `clustersNow` that a command is about; -1 for none. @param {Context} context */
export function sectionOf(context) {
  if (context.section !== undefined) return context.section;
  if (state.found.peek()) {
    const clusters = clustersNow(), id = pictureOf(context);
    return clusters && id >= 0 ? sectionWith(clusters, theCollection().position[id]) : -1;
  }
  const grid = gallery.grid, arrangement = state.arrangement.peek();
  if (!grid || !arrangement) return -1;
  const id = pictureOf(context) >= 0 ? pictureOf(context) : (grid.visible[0] ?? -1);
  const place = grid.flatOf(id);
  return place < 0 ? -1 : grid.layout.sectionOf(place);
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
  return high - low + 1 === members.length ? [low, high + 1] : runAt(members[0]);
}

/** @param {Context} context */
export function openPicture(context) {
  const id = pictureOf(context);
  if (id < 0) return;
  state.active.value = id;
  state.openedCluster.value = null;
  state.opened.value = id;
}

/** @param {Context} context */
export function openCluster(context) {
  const section = sectionOf(context);
  const branch = branchOf(section);
  if (!branch) {
    state.say(theCollection().n > 1 ? 'This picture is on its own: a looser similarity finds company for it.' : 'There is only this picture.');
    return;
  }
  batch(() => {
    state.opened.value = -1;
    state.openedCluster.value = { from: branch[0], to: branch[1], section };
  });
}

/** Closes what is open, one thing after the other. */
export function close() {
  if (state.dialog.peek()) state.dialog.value = null;
  else if (state.opened.peek() >= 0) closePicture();
  else if (state.openedCluster.peek()) state.openedCluster.value = null;
  else if (state.found.peek() || document.activeElement instanceof HTMLInputElement) {
    state.found.value = null;
    if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
  }
  else selection.selectNone();
}

/** Back from the large picture to its place in the gallery. */
export function closePicture() {
  const id = state.opened.peek();
  state.opened.value = -1;
  // Nothing behind a dialog can have the focus until the dialog is gone.
  if (id >= 0 && (state.view.peek() === 'gallery' || state.isSplit.peek())) setTimeout(() => gallery.focus(id));
}

/** Side by side, more would be too small to tell apart. */
const MOST_COMPARED = 4;

/** Compares the selected pictures, in the order of the gallery. */
export function compare() {
  const place = (/** @type {number} */ id) => gallery.grid?.flatOf(id) ?? id;
  const ids = [...state.selection.peek()].sort((a, b) => place(a) - place(b));
  state.compared.value = ids.slice(0, MOST_COMPARED);
  state.dialog.value = 'compare';
  if (ids.length > MOST_COMPARED) state.say(`These are the first ${MOST_COMPARED} of ${counted(ids.length, 'selected picture')}.`);
}

/** @param {import('../state/state.js').DialogName} name */
export const showDialog = (name) => { state.dialog.value = name; };

/** @param {import('../state/state.js').ViewName} name */
export const showView = (name) => changeView('view', `Show the ${name}`, () => { state.view.value = name; });

/** Shows the gallery beside the map, or the map alone. */
export const toggleBeside = () => { state.beside.value = !state.beside.peek(); };

/** What the pointer or the focus is at. @param {number} id @param {number} section @param {'map' | 'gallery'} from */
export function point(id, section, from) {
  const now = state.pointed.peek();
  if (now.id === id && now.section === section && now.from === from) return;
  state.pointed.value = id < 0 && section < 0 ? state.NOTHING : { id, section, from };
}

/** Another cut. @param {number} sim */
export function setSim(sim) {
  const value = Math.min(1, Math.max(0, sim));
  changeView('sim', `Similarity ${simText(value)}`, () => {
    state.found.value = null;
    state.sim.value = value;
  });
}

/** @param {number} step */
export const stepSim = (step) => setSim(Math.round((state.sim.peek() + step) * 1000) / 1000);

/** To the next suggestion. @param {1 | -1} way */
export function snapSim(way) {
  const now = state.sim.peek();
  const sims = (state.curve.peek()?.suggestions ?? []).map((s) => s.sim).sort((a, b) => a - b);
  const next = way > 0 ? sims.find((s) => s > now + 1e-9) : sims.reverse().find((s) => s < now - 1e-9);
  if (next === undefined) state.say('No further suggestion.');
  else setSim(next);
}

/** @param {Context} context */
export function split(context) {
  const branch = branchOf(sectionOf(context));
  const cut = branch && splitOf(theCollection().gap, ...branch);
  if (!cut) {
    state.say(branch ? 'These pictures are identical: nothing to split.' : 'A single picture cannot be split.');
    return;
  }
  changeView('split', 'Split a cluster', () => { state.branches.value = withBranch(state.branches.peek(), cut); });
}

/** Why a branch joins nothing more. @param {[number, number] | null} branch */
export function whyNoMore(branch) {
  const limit = state.server.peek()?.max_diameter ?? null;
  const all = !branch || branch[1] - branch[0] === theCollection().n;
  return all || limit === null ? 'It holds every picture of the collection.'
    : `With its neighbour it would be wider than the latest run lets clusters be (--max-diameter ${limit}).`;
}

/** @param {Context} context */
export function join(context) {
  const section = sectionOf(context);
  const id = pictureOf(context);
  const branch = branchOf(section) ?? (id >= 0 ? runAt(theCollection().position[id]) : null);
  const parent = branch && parentOf(theCollection().gap, ...branch);
  if (!parent) {
    state.say(whyNoMore(branch));
    return;
  }
  changeView('join', 'Join clusters', () => { state.branches.value = withBranch(state.branches.peek(), parent); });
  const sim = simOf(theCollection().scale, parent.height);
  state.say(`Joined: ${counted(parent.to - parent.from, 'picture')}, together from similarity ${simText(sim)} down.`, true);
}

/** One similarity for all branches again. */
export const resetBranches = () => changeView('reset', 'One cut for all', () => { state.branches.value = []; });

/** @param {Context} context */
export const toggleActive = (context) => selection.toggle(pictureOf(context));

/** @param {Context} context */
export const extendToActive = (context) => selection.extendTo(pictureOf(context));

/** Selects a cluster, or all results of a search: only what is shown. @param {Context} context */
export function selectCluster(context) {
  const arrangement = state.arrangement.peek(), s = state.found.peek() ? 0 : sectionOf(context);
  if (s >= 0 && arrangement?.k) selection.toggleAll(selection.sectionIds(arrangement, theCollection(), s));
}

/** Selects everything. */
export function selectAll() {
  const arrangement = state.arrangement.peek();
  if (arrangement) selection.selectOnly(selection.shownIds(arrangement, theCollection()));
}

const SIZES = /** @type {const} */ (['S', 'M', 'L']);

/** @param {import('../state/state.js').SizeName} name */
export const setSize = (name) => changeView('size', 'Size of the pictures', () => { state.size.value = name; });

/** @param {1 | -1} step */
export const stepSize = (step) => setSize(SIZES[Math.min(2, Math.max(0, SIZES.indexOf(state.size.peek()) + step))]);

/** Orders of the clusters, with their names. */
export const SORTS = /** @type {[import('../data/arrange.js').SortKey, string][]} */ ([
  ['size', 'Largest first'], ['tight', 'Closest first'], ['time', 'Oldest first'], ['name', 'By file name'],
]);

/** @param {import('../data/arrange.js').SortKey} key */
export const setSort = (key) => changeView('sort', 'Order of the clusters', () => { state.sort.value = key; });

/** @param {number} least pictures that a cluster must have to be shown as one */
export const setMinSize = (least) => changeView('least', 'Smallest cluster', () => { state.minSize.value = least; });

/** The next order. */
export function nextSort() {
  const sorts = SORTS.filter(([key]) => key !== 'time' || state.server.peek()?.has_times);
  const at = sorts.findIndex(([key]) => key === state.sort.peek());
  const [key, label] = sorts[(at + 1) % sorts.length];
  setSort(key);
  state.say(label);
}

/** @param {Context} context */
export async function reveal(context) {
  try {
    await post('/api/reveal', { snapshot: theCollection().snapshot, id: pictureOf(context) });
  } catch (error) {
    state.say(error instanceof Error ? error.message : String(error));
  }
}

/** @param {Context} context */
export async function copyPath(context) {
  const id = pictureOf(context);
  await fetchNames([id]);
  try {
    await navigator.clipboard.writeText(pathOf(id));
    state.say(`Copied: ${pathOf(id)}`);
  } catch {
    state.say(`The browser does not let the page copy. The path is ${pathOf(id)}`);
  }
}
