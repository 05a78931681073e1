/** Commands that make corrections: each is one record that the server stores, and can be undone. */
import { signal } from '../core/preact.js';
import { countText } from '../core/text.js';
import { clustersNow } from '../state/clusters.js';
import { correct, shownSnapshot } from '../state/history.js';
import * as selection from '../state/selection.js';
import * as state from '../state/state.js';
import { branchOf, pictureOf, sectionOf } from './target.js';

/** @typedef {import('./target.js').Context} Context */

/** Pictures whose cluster is about to be named. @type {import('../vendor/signals.js').Signal<{ids: number[], name: string, snapshot: string}>} */
export const naming = signal({ ids: [], name: '', snapshot: '' });

/** Pictures that a correction applies to: the one that is shown large, else the selected ones, else the current one. @param {Context} context */
function pictures(context) {
  const selected = [...state.selection.peek()];
  if (selected.length && context.id === undefined && state.openedPicture.peek() < 0) return selected;
  const id = pictureOf(context);
  return id >= 0 ? [id] : [];
}

/** @param {number} s @returns {number[]} */
function membersOf(s) {
  const arrangement = clustersNow();
  return s >= 0 && arrangement ? selection.sectionIds(arrangement, state.collectionNow(), s) : [];
}

/** @param {Context} context */
export function askName(context) {
  const s = sectionOf(context);
  if (!branchOf(s)) {
    state.notify('Only clusters can be named; this picture is ungrouped.');
    return;
  }
  naming.value = { ids: membersOf(s), name: clustersNow()?.names.get(s) ?? '', snapshot: shownSnapshot() };
  state.dialog.value = 'name';
}

/** @param {string} name */
export async function setName(name) {
  const { ids, snapshot } = naming.peek();
  state.dialog.value = null;
  await correct(name ? `Named “${name}”` : 'Name removed', { kind: 'name', ids, name }, snapshot);
}

/** Pins the selected pictures together. */
export async function together() {
  const ids = [...state.selection.peek()];
  if (await correct(`${countText(ids.length, 'picture')} kept together`, { kind: 'together', ids })) selection.clearWithoutUndo();
}

/** Puts pictures together with a single picture. @param {readonly number[]} ids @param {number} onto */
export async function joinPicture(ids, onto) {
  const all = [...new Set([...ids, onto])];
  if (await correct(`${countText(all.length, 'picture')} kept together`, { kind: 'together', ids: all })) selection.clearWithoutUndo();
}

/** @param {Context} context */
export async function apart(context) {
  const chosen = new Set(pictures(context));
  const rest = new Set();
  for (const id of chosen) for (const other of membersOf(sectionOf({ id }))) if (!chosen.has(other)) rest.add(other);
  if (!rest.size) {
    state.notify('These pictures are the whole cluster; select only some of them.');
    return;
  }
  const done = await correct(`${countText(chosen.size, 'picture')} kept apart`, { kind: 'apart', a: [...rest], b: [...chosen] });
  if (done) selection.clearWithoutUndo();
}

/** Moves the selected pictures to a cluster. @param {Context} context */
export const moveHere = (context) => moveInto([...state.selection.peek()], sectionOf(context));

/** Moves pictures to the cluster of a section. @param {readonly number[]} ids @param {number} s */
export async function moveInto(ids, s) {
  const moved = new Set(ids);
  const to = membersOf(s).filter((id) => !moved.has(id));
  if (!branchOf(s) || !to.length) {
    state.notify('Go to a picture of the target cluster first; then move the selected pictures here.');
    return;
  }
  if (await correct(`${countText(ids.length, 'picture')} moved`, { kind: 'move', ids: [...ids], to })) selection.clearWithoutUndo();
}

/** The next picture that stays after the current one, else the previous one that stays; -1 for none. @param {ReadonlySet<number>} gone */
function nextWithout(gone) {
  const { places } = state.collectionNow();
  for (const way of /** @type {const} */ (['right', 'left'])) {
    let id = pictureOf({});
    for (let to = places.neighbour(id, way); to >= 0 && to !== id; to = places.neighbour(id, way)) {
      id = to;
      if (!gone.has(id)) return id;
    }
  }
  return -1;
}

/** Pictures that are about to be hidden, and all files of the same bytes. @type {import('../vendor/signals.js').Signal<{ids: number[], all: number[], snapshot: string}>} */
export const hiding = signal({ ids: [], all: [], snapshot: '' });

/** Hides pictures; says first which other files have the same bytes. @param {Context} context */
export async function hide(context) {
  const ids = pictures(context), collection = state.collectionNow();
  if (!ids.length) return;
  const all = await collection.withIdentical(ids).catch(() => null);
  if (state.collection.peek() !== collection) return;
  if (!all) {
    // The server cannot be asked: whatever it says later, no other file is hidden.
    await hideNow('hidefiles', ids, collection.snapshot);
    return;
  }
  const hidden = new Set(state.arrangement.peek()?.hidden.map((p) => collection.order[p]));
  const left = all.filter((id) => !hidden.has(id));
  if (left.length > ids.length) {
    hiding.value = { ids, all: left, snapshot: collection.snapshot };
    state.dialog.value = 'hide';
  } else await hideNow('hide', ids, collection.snapshot);
}

/** Hides what was asked about. @param {'all' | 'these'} which all files of the same bytes, or the chosen ones only */
export async function hideAsked(which) {
  const { ids, all, snapshot } = hiding.peek();
  state.dialog.value = null;
  await hideNow(which === 'all' ? 'hide' : 'hidefiles', which === 'all' ? all : ids, snapshot);
}

/** @param {'hide' | 'hidefiles'} kind @param {number[]} ids @param {string} snapshot */
async function hideNow(kind, ids, snapshot) {
  const gone = new Set(ids), isOpen = state.openedPicture.peek() >= 0;
  const next = gone.has(state.active.peek()) || gone.has(state.openedPicture.peek()) ? nextWithout(gone) : -1;
  if (!await correct(`${countText(ids.length, 'picture')} hidden`, { kind, ids }, snapshot)) return;
  selection.clearWithoutUndo();
  if (isOpen) state.openedPicture.value = next;
  if (isOpen) state.active.value = next;
  else if (next >= 0) state.focusPicture(next);
}

/** Pictures that are hidden, apart from those whose files are gone. */
export function hiddenIds() {
  const gone = new Set(state.edits.value.corrections.gone);
  return (state.arrangement.value?.hidden ?? []).map((p) => state.collectionNow().order[p]).filter((id) => !gone.has(id));
}

/** Shows one hidden picture again; other files with the same content stay hidden. @param {number} id */
export const unhideOne = (id) => correct('1 picture shown again', { kind: 'unhidefiles', ids: [id] });

/** Shows all hidden pictures again. */
export async function unhide() {
  const ids = hiddenIds();
  if (ids.length) await correct(`${countText(ids.length, 'picture')} shown again`, { kind: 'unhide', ids });
}
