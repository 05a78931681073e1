/** Undo and redo of everything: each entry is a change of the view, or a correction that the server keeps. */
import { batch, signal } from '../core/preact.js';
import { askEdits, postEdit } from '../data/api.js';
import * as state from './state.js';

const MOST = 200;

/**
 * The part of the view that undo restores.
 * @typedef {{sim: number, minSize: number, sort: import('../data/arrange.js').SortKey, size: state.SizeName,
 *   view: state.ViewName, branches: readonly import('../data/cut.js').Branch[], selection: ReadonlySet<number>}} ViewState
 * @typedef {{kind: 'view', id: string, label: string, before: ViewState, after: ViewState, atMs: number}
 *   | {kind: 'edit', id: string, label: string} | {kind: 'action', id: string, label: string, number: number, undo: () => Promise<string>}} Entry
 * `undo` of an action on files gives what is said about it; an action is not redone
 */

/** @type {import('../vendor/signals.js').Signal<readonly Entry[]>} */
export const undoStack = signal([]);
/** @type {import('../vendor/signals.js').Signal<readonly Entry[]>} */
export const redoStack = signal([]);

/** @returns {ViewState} */
const viewState = () => ({
  sim: state.sim.peek(), minSize: state.minSize.peek(), sort: state.sort.peek(), size: state.size.peek(),
  view: state.view.peek(), branches: state.branches.peek(), selection: state.selection.peek(),
});

/** @param {ViewState} view */
function restoreView(view) {
  batch(() => {
    state.sim.value = view.sim;
    state.minSize.value = view.minSize;
    state.sort.value = view.sort;
    state.size.value = view.size;
    state.view.value = view.view;
    state.branches.value = view.branches;
    state.selection.value = view.selection;
  });
}

/** Changes of one kind that follow each other within this time are undone together. */
const TOGETHER_MS = 1200;

/**
 * Runs a change of the view that can be undone.
 * @param {string} id of the command @param {string} label @param {() => void} change
 */
export function changeView(id, label, change) {
  const before = viewState();
  batch(change);
  const after = viewState();
  const keys = /** @type {(keyof ViewState)[]} */ (Object.keys(after));
  if (keys.every((key) => before[key] === after[key])) return;
  const last = undoStack.peek()[undoStack.peek().length - 1];
  const now = performance.now();
  if (last?.kind === 'view' && last.id === id && now - last.atMs < TOGETHER_MS && !redoStack.peek().length) {
    undoStack.value = [...undoStack.peek().slice(0, -1), { ...last, after, atMs: now }];
  } else push({ kind: 'view', id, label, before, after, atMs: now });
}

/** Remembers an action on files. @param {number} number @param {string} label @param {() => Promise<string>} undoAction */
export const pushAction = (number, label, undoAction) => push({ kind: 'action', id: 'act', label, number, undo: undoAction });

/** Drops an action that was undone in another way. @param {number} number */
export const dropAction = (number) => { undoStack.value = undoStack.peek().filter((entry) => entry.kind !== 'action' || entry.number !== number); };

/** @param {Entry} entry */
function push(entry) {
  undoStack.value = [...undoStack.peek(), entry].slice(-MOST);
  redoStack.value = [];
}

/** Drops earlier views, whose positions and ids mean nothing in another collection; corrections can still be undone. */
export function forgetViews() {
  for (const entries of [undoStack, redoStack]) entries.value = entries.peek().filter(({ kind }) => kind !== 'view');
}

/** Fetches the corrections anew. */
export const refreshEdits = async () => setEdits(await askEdits());

/**
 * Takes over corrections if they belong to the current snapshot: in another one their ids mean other pictures.
 * @param {import('../core/wire.js').Edits} answer @returns {boolean} whether they are
 */
export function setEdits({ snapshot, version, corrections, can_undo: canUndo, can_redo: canRedo }) {
  if (snapshot !== state.collection.peek()?.snapshot) return false;
  state.edits.value = { version, corrections, canUndo, canRedo };
  return true;
}

/** Used until the corrections of a new snapshot have arrived. */
export const forgetEdits = () => { state.edits.value = state.NO_EDITS; };

/** Whether there is something to undo: changes of this visit, then corrections of earlier ones. */
export const canUndo = () => undoStack.value.length > 0 || (state.edits.value.canUndo && !state.readOnly.value);

/** Whether there is something to redo. */
export const canRedo = () => redoStack.value.length > 0 || (state.edits.value.canRedo && !state.readOnly.value);

/** @type {Entry} */
const EARLIER = { kind: 'edit', id: 'earlier', label: 'an earlier correction' };

/** Corrections, undo and redo are sent one after the other. */
let queue = Promise.resolve();

/** Settled once the server has answered to all corrections so far. */
export const allSent = () => queue;

/** The snapshot whose ids the page shows. */
export const shownSnapshot = () => state.collection.peek()?.snapshot ?? '';

/**
 * Sends a correction. @param {string} label @param {import('../core/wire.js').NewCorrection} record
 * @param {string} [snapshot] to which the record's ids belong: the page may show another one by the time it is sent
 * @returns {Promise<boolean>} whether the server kept it
 */
export function correct(label, record, snapshot = shownSnapshot()) {
  const sent = queue.then(() => send(label, record, snapshot));
  queue = sent.then(() => {});
  return sent;
}

/** @param {string} label @param {import('../core/wire.js').NewCorrection} record @param {string} snapshot */
async function send(label, record, snapshot) {
  try {
    await postEdit({ snapshot, record });
    push({ kind: 'edit', id: record.kind, label });
    await refreshEdits();
    state.notify(label, true);
    return true;
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
    return false;
  }
}

/** Undoes the latest change. */
export const undo = () => (queue = queue.then(() => step(undoStack, redoStack, 'undo', 'Undone')));

/** Redoes the change that was undone last. */
export const redo = () => (queue = queue.then(() => step(redoStack, undoStack, 'redo', 'Redone')));

/**
 * @param {import('../vendor/signals.js').Signal<readonly Entry[]>} from @param {import('../vendor/signals.js').Signal<readonly Entry[]>} to
 * @param {'undo' | 'redo'} way @param {string} outcome
 */
async function step(from, to, way, outcome) {
  const entry = from.peek()[from.peek().length - 1] ?? EARLIER;
  if (entry === EARLIER && !(way === 'undo' ? canUndo() : canRedo())) return;
  let said = `${outcome}: ${entry.label}`;
  try {
    if (entry.kind === 'action') said = await entry.undo();
    else if (entry.kind === 'edit') {
      await postEdit({ [way]: true });
      await refreshEdits();
    } else restoreView(way === 'undo' ? entry.before : entry.after);
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
    // It was undone elsewhere, or its files are no longer where they were put: earlier changes must stay within reach.
    if (entry.kind === 'action') from.value = from.peek().filter((other) => other !== entry);
    return;
  }
  from.value = from.peek().filter((other) => other !== entry);
  if (entry.kind !== 'action') to.value = [...to.peek(), entry];
  state.notify(said);
}
