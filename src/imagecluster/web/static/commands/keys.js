/** The keyboard's way to the commands. */
import * as selection from '../state/selection.js';
import * as cull from '../state/cull.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { canRun, commandOf, COMMANDS, keyText, runCommand } from './commands.js';
import { broughtBack, isInSight } from './sight.js';

/** Commands by key; of several with one key, at most one can be run in any view. @type {Map<string, string[]>} */
const BY_KEY = new Map();
for (const { id, keys } of COMMANDS) for (const key of keys) BY_KEY.set(key, [...(BY_KEY.get(key) ?? []), id]);

const MOVES = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

/** Commands that also work in the large view of a picture. */
const IN_PICTURE = new Set(['similar', 'reveal', 'copy-path', 'select', 'open-cluster', 'hide', 'undo', 'redo']);

/** Commands that also work while a copy is compared with the picture that is kept. */
const IN_PAIR = new Set([
  'left', 'right', 'up', 'down', 'next-cluster', 'previous-cluster', 'spare', 'not-copies', 'keep-all', 'keep-this', 'reveal', 'copy-path', 'undo', 'redo',
]);

/** Commands that also work while groups are culled. */
const IN_CULL = new Set(['left', 'right', 'up', 'down', 'next-cluster', 'previous-cluster', 'first', 'last', 'reveal', 'copy-path', 'undo', 'redo', 'rejected']);

/** Those that work only then. @param {string} id */
const isForGroups = (id) => commandOf(id).group === 'Cull' && id !== 'cull' && id !== 'rejected';

/** Whether a command works in the dialog that is open. @param {string} id */
function worksInDialog(id) {
  if (state.dialog.peek()) return state.dialog.peek() === 'compare' && (id === 'undo' || id === 'redo');
  if (cull.isOpen.peek()) return IN_CULL.has(id) || isForGroups(id);
  if (copies.pair.peek()) return IN_PAIR.has(id);
  return state.openedPicture.peek() >= 0 && IN_PICTURE.has(id);
}

/** Name of a pressed key, as used in the list of commands. @param {KeyboardEvent} event */
function pressed(event) {
  const letter = event.key.length === 1 && /[a-z]/i.test(event.key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.shiftKey && (letter || event.key.length > 1)) parts.push('Shift');
  parts.push(letter && parts.length ? event.key.toUpperCase() : letter ? event.key.toLowerCase() : event.key);
  return parts.join('+');
}

/** Whether an element handles a key itself. @param {EventTarget | null} target @param {string} key */
function usesKey(target, key) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === 'range') return MOVES.includes(key) || key === 'PageUp' || key === 'PageDown';
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target.isContentEditable) return key !== 'Escape';
  if (target.classList.contains('tile')) return false;
  const presses = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement || target.tagName === 'SUMMARY';
  if (presses) return key === 'Enter' || key === ' ' || (target.getAttribute('role') === 'tab' && MOVES.includes(key));
  return false;
}

/** @param {KeyboardEvent} event */
function heard(event) {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const key = pressed(event);
  if (usesKey(event.target, event.key)) return;
  const inDialog = event.target instanceof Element && event.target.closest('dialog');
  const modal = inDialog || document.querySelector('dialog[open]');
  const extending = event.shiftKey && MOVES.includes(event.key) && !state.inCopies.peek() && !state.inTrips.peek();
  const ids = (BY_KEY.get(extending ? event.key : key) ?? []).filter((each) => (modal ? worksInDialog(each) : !isForGroups(each)));
  const id = ids.find(canRun) ?? (state.inCopies.peek() ? ids[ids.length - 1] : ids[0]); // which says why it cannot
  if (!id) return;
  if (!modal && canRun(id) && broughtBack(id, keyText(key))) {
    event.preventDefault();
    return;
  }
  const from = state.active.peek();
  if (extending && from >= 0 && isInSight(from) && !state.selection.peek().has(from)) selection.toggle(from);
  if (!runCommand(id)) return;
  event.preventDefault();
  if (extending) selection.extendTo(state.active.peek());
}

/** Starts listening. */
export function listenToKeys() {
  document.addEventListener('keydown', heard);
}
