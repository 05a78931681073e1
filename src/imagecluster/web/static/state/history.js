/** Undo and redo of everything: each entry is a change of the view, or a correction that the server keeps. */
import { batch, signal } from '../core/preact.js';
import { countText } from '../core/text.js';
import { askEdits, postEdit, ServerError } from '../data/api.js';
import * as state from './state.js';

const MOST = 200;

/**
 * The part of the view that undo restores.
 * @typedef {{sim: number, minSize: number, sort: import('../data/arrange.js').SortKey, size: state.SizeName,
 *   view: state.ViewName, branches: readonly import('../data/cut.js').Branch[], selection: ReadonlySet<number>}} ViewState
 * @typedef {{kind: 'view', id: string, label: string, before: ViewState, after: ViewState, atMs: number}
 *   | {kind: 'edit', id: string, label: string, mark: string, back?: () => void} | {kind: 'action', id: string, label: string, number: number, undo: () => Promise<string>}} Entry
 * `back` leads to what an edit is about, once it is undone or redone; `undo` of an action on files gives what is said about it; an action is not redone
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
export function setEdits({ snapshot, version, corrections, choices = state.NO_CHOICES, undo: toUndo, redo: toRedo }) {
  atStart ??= { madeS: Math.max(toUndo?.made_s ?? -Infinity, toRedo?.made_s ?? -Infinity), redo: toRedo?.mark ?? '' };
  if (snapshot !== state.collection.peek()?.snapshot) return false;
  // Clusters are arranged anew for other corrections only, not for each choice among pictures.
  const before = state.edits.peek().corrections, same = JSON.stringify(before) === JSON.stringify(corrections);
  state.edits.value = { version, corrections: same ? before : corrections, choices, undo: toUndo, redo: toRedo };
  return true;
}

/** How corrections stood when the page was opened. @type {{madeS: number, redo: string} | null} */
let atStart = null;

/** Used until the corrections of a new snapshot have arrived. */
export const forgetEdits = () => { state.edits.value = state.NO_EDITS; };

/** Whether there is something to undo: changes of this visit, then corrections of earlier ones. */
export const canUndo = () => undoStack.value.length > 0 || (state.edits.value.undo !== null && !state.readOnly.value);

/** Whether there is something to redo. */
export const canRedo = () => redoStack.value.length > 0 || (state.edits.value.redo !== null && !state.readOnly.value);

/** A correction that this page did not make, in words. @param {import('../core/wire.js').MadeCorrection} made */
function labelOf({ kind, n, name }) {
  const pictures = countText(n, 'picture');
  const words = /** @type {Record<string, string>} */ ({
    name: name ? `Named “${name}”` : 'Name removed', together: `${pictures} kept together`, apart: `${pictures} kept apart`, move: `${pictures} moved`,
    hide: `${pictures} hidden`, hidefiles: `${pictures} hidden`, unhide: `${pictures} shown again`, unhidefiles: `${pictures} shown again`,
    notcopies: 'Not duplicates', keepall: `All ${pictures} kept`, best: 'Another picture kept',
    eventname: name ? `Named “${name}”` : 'Name removed', eventjoin: 'Joined events', eventsplit: 'Divided events', eventmove: `${pictures} moved to another event`,
    choose: `Choice among ${pictures}`, rate: `Stars of ${pictures}`, homeis: 'Home', cameraclock: 'Clock of a camera',
  });
  return words[kind] ?? 'A correction of trips and events';
}

/** Corrections, undo and redo are sent one after the other. */
let queue = Promise.resolve();

/** What was said while the server could not be reached. @type {import('../vendor/signals.js').Signal<readonly {label: string, record: import('../core/wire.js').NewCorrection, snapshot: string, mark: string}[]>} */
export const unsent = signal([]);

/** Sends what could not be sent, in the order in which it was said. */
export function sendUnsent() {
  const waiting = unsent.peek();
  unsent.value = [];
  for (const { label, record, snapshot, mark } of waiting) {
    queue = queue.then(() => send(label, record, snapshot, mark)).then(() => {});
  }
  return queue;
}

/** Forgets what could not be sent. */
export const dropUnsent = () => { unsent.value = []; };

/** Settled once the server has answered to all corrections so far. */
export const allSent = () => queue;

/** The snapshot whose ids the page shows. */
export const shownSnapshot = () => state.collection.peek()?.snapshot ?? '';

/**
 * Sends a correction. @param {string} label @param {import('../core/wire.js').NewCorrection} record
 * @param {string} [snapshot] to which the record's ids belong: the page may show another one by the time it is sent
 * @param {() => void} [back] leads to what it is about, once it is undone or redone
 * @returns {Promise<boolean>} whether the server kept it
 */
export function correct(label, record, snapshot = shownSnapshot(), back = undefined) {
  const sent = queue.then(() => send(label, record, snapshot, newMark(), back));
  queue = sent.then(() => {});
  return sent;
}

/** @param {string} label @param {import('../core/wire.js').NewCorrection} record @param {string} snapshot @param {string} mark @param {() => void} [back] */
async function send(label, record, snapshot, mark, back) {
  /** @type {Entry} */
  const entry = { kind: 'edit', id: record.kind, label, mark, back };
  try {
    await postEdit({ snapshot, record, mark: entry.mark });
    if (!undoStack.peek().some((other) => other.kind === 'edit' && other.mark === mark)) push(entry);
    await refreshEdits();
    state.notify(label, undoingOf(entry));
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.status === 0) unsent.value = [...unsent.peek(), { label, record, snapshot, mark }];
    else if (error instanceof ServerError && error.status === 410) state.notify(`Not kept: ${label}. The collection has changed; look at the pictures again.`);
    else state.notify(error instanceof Error ? error.message : String(error));
    return false;
  }
}

/** A word that no other correction has. */
const newMark = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Undoes the latest change. */
export const undo = () => (queue = queue.then(() => step('undo')));

/** Redoes the change that was undone last. */
export const redo = () => (queue = queue.then(() => step('redo')));

/** The button of a message that undoes what the message names, and nothing else. @param {Entry} entry @returns {state.NoticeAct} */
const undoingOf = (entry) => ({ label: 'Undo', run: () => (queue = queue.then(() => take(entry, 'undo'))) });

/** The same for the latest change. */
export const undoingOfLast = () => undoingOf(undoStack.peek()[undoStack.peek().length - 1]);

/** The correction of another page that the message asks about. @type {{mark: string, notice: object | null} | null} */
let askedAbout = null;

/** @param {'undo' | 'redo'} way */
async function step(way) {
  const from = way === 'undo' ? undoStack : redoStack, last = from.peek()[from.peek().length - 1];
  if (last) {
    await take(last, way);
    return;
  }
  const made = state.edits.peek()[way];
  if (!made || state.readOnly.peek()) return;
  /** @type {Entry} */
  const entry = { kind: 'edit', id: made.kind, label: labelOf(made), mark: made.mark };
  const isOfBefore = atStart !== null && (way === 'undo' ? made.made_s <= atStart.madeS : made.mark === atStart.redo);
  if (isOfBefore || (askedAbout?.mark === made.mark && askedAbout.notice === state.notice.peek())) {
    await take(entry, way);
    return;
  }
  const label = way === 'undo' ? 'Undo it' : 'Redo it';
  state.notify(`${way === 'undo' ? 'Made' : 'Undone'} elsewhere: ${entry.label}.`, { label, run: () => (queue = queue.then(() => take(entry, way))) });
  askedAbout = { mark: made.mark, notice: state.notice.peek() };
}

/** Undoes or redoes one change, whatever was done since. @param {Entry} entry @param {'undo' | 'redo'} way */
async function take(entry, way) {
  const from = way === 'undo' ? undoStack : redoStack, to = way === 'undo' ? redoStack : undoStack;
  let said = `${way === 'undo' ? 'Undone' : 'Redone'}: ${entry.label}`;
  const drop = () => { from.value = from.peek().filter((other) => other !== entry); };
  try {
    if (entry.kind === 'action') said = await entry.undo();
    else if (entry.kind === 'edit') {
      const answer = await postEdit({ [way]: entry.mark });
      setEdits(answer);
      if (answer.refused) {
        // It was undone elsewhere: earlier changes must stay within reach.
        drop();
        state.notify(`“${entry.label}”: ${answer.refused}.`);
        return;
      }
    } else if (!takeView(entry, way, from)) {
      state.notify(`“${entry.label}” cannot be undone on its own any more: the view has changed since.`);
      return;
    }
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
    // It was undone elsewhere, or its files are no longer where they were put: earlier changes must stay within reach.
    if (entry.kind === 'action') drop();
    return;
  }
  drop();
  if (entry.kind !== 'action') to.value = [...to.peek(), entry];
  if (entry.kind === 'edit') entry.back?.();
  state.notify(said);
}

/**
 * Takes back or repeats a change of the view: the latest one, or an earlier one if nothing has changed the same parts since.
 * @param {Extract<Entry, {kind: 'view'}>} entry @param {'undo' | 'redo'} way
 * @param {import('../vendor/signals.js').Signal<readonly Entry[]>} from @returns {boolean} whether it could
 */
function takeView(entry, way, from) {
  const [now, then] = way === 'undo' ? [entry.after, entry.before] : [entry.before, entry.after];
  if (from.peek()[from.peek().length - 1] === entry) {
    restoreView(then);
    return true;
  }
  const shown = viewState(), keys = /** @type {(keyof ViewState)[]} */ (Object.keys(now)).filter((key) => now[key] !== then[key]);
  if (!from.peek().includes(entry) || keys.some((key) => shown[key] !== now[key])) return false;
  restoreView({ ...shown, ...Object.fromEntries(keys.map((key) => [key, then[key]])) });
  return true;
}
