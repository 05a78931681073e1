/**
 * The list of all commands, from which keys, buttons and the list of keys are made.
 *
 * Each command says how it is undone: `view` commands change the view and are undone here, `correction` commands are
 * undone by the server, and `none` marks commands with nothing to undo.
 */
import * as history from '../state/history.js';
import * as selection from '../state/selection.js';
import * as state from '../state/state.js';
import * as corrections from './corrections.js';
import * as navigate from './navigate.js';
import * as pictureFile from './picture_file.js';
import { focusSearch, searchSimilar } from './search.js';
import * as select from './select.js';
import * as similarity from './similarity.js';
import * as view from './view.js';

/**
 * @typedef {{id: string, label: string, group: string, keys: string[], undo: 'view' | 'correction' | 'none',
 *   enabled?: () => boolean, run: (context: import('./target.js').Context) => unknown}} Command
 */

const ready = () => (state.collection.value?.n ?? 0) > 0;
const hasActive = () => ready() && (state.active.value >= 0 || state.openedPicture.value >= 0);
const hasPictures = () => ready() && (state.selection.value.size > 0 || hasActive());
const canWrite = () => ready() && !state.readOnly.value;
const inGallery = () => ready() && (state.view.value === 'gallery' || state.isSplit.value);

/**
 * @param {string} group @param {string} id @param {string} label @param {string | string[]} keys
 * @param {Command['undo']} undo @param {Command['run']} run @param {() => boolean} [enabled] @returns {Command}
 */
const command = (group, id, label, keys, undo, run, enabled) => ({
  group, id, label, keys: typeof keys === 'string' ? keys.split(' ').filter(Boolean) : keys, undo, run, enabled,
});

/** @type {readonly Command[]} */
export const COMMANDS = [
  command('Move', 'left', 'Previous picture', 'ArrowLeft', 'none', () => navigate.move('left'), inGallery),
  command('Move', 'right', 'Next picture', 'ArrowRight', 'none', () => navigate.move('right'), inGallery),
  command('Move', 'up', 'Picture above', 'ArrowUp', 'none', () => navigate.move('up'), inGallery),
  command('Move', 'down', 'Picture below', 'ArrowDown', 'none', () => navigate.move('down'), inGallery),
  command('Move', 'next-cluster', 'Next cluster', 'j', 'none', () => navigate.move('next'), inGallery),
  command('Move', 'previous-cluster', 'Previous cluster', 'k', 'none', () => navigate.move('previous'), inGallery),
  command('Move', 'first', 'First picture', 'Home', 'none', () => navigate.move('first'), inGallery),
  command('Move', 'last', 'Last picture', 'End', 'none', () => navigate.move('last'), inGallery),

  command('Look', 'open', 'Show the picture large', ['Enter', ' '], 'none', navigate.openPicture, hasActive),
  command('Look', 'open-cluster', 'About the cluster', 'c', 'none', navigate.openCluster, ready),
  command('Look', 'similar', 'Find similar pictures', 'f', 'none', searchSimilar, hasActive),
  command('Look', 'compare', 'Compare the selected pictures', 'Shift+C', 'none', navigate.compare,
    () => ready() && state.selection.value.size > 1),
  command('Look', 'search', 'Search', '/', 'none', focusSearch),
  command('Look', 'reveal', 'Show in the file manager', 'o', 'none', pictureFile.reveal,
    () => hasActive() && (state.server.value?.can_reveal ?? false)),
  command('Look', 'copy-path', 'Copy the path', 'y', 'none', pictureFile.copyPath, hasActive),
  command('Look', 'close', 'Close, or select nothing', 'Escape', 'none', navigate.close),
  command('Look', 'keys', 'Keyboard shortcuts', '?', 'none', () => navigate.showDialog('keys')),

  command('Similarity', 'looser', 'Looser: fewer, larger clusters', '[', 'view', () => similarity.stepSim(-0.01), ready),
  command('Similarity', 'stricter', 'Stricter: more, tighter clusters', ']', 'view', () => similarity.stepSim(0.01), ready),
  command('Similarity', 'looser-stop', 'Previous suggested similarity', '{', 'view', () => similarity.snapSim(-1), ready),
  command('Similarity', 'stricter-stop', 'Next suggested similarity', '}', 'view', () => similarity.snapSim(1), ready),
  command('Similarity', 'split-cluster', 'Split this cluster at its last merge', 's', 'view', similarity.split, ready),
  command('Similarity', 'join-cluster', 'Join this cluster with its nearest neighbour', 'u', 'view', similarity.join, ready),
  command('Similarity', 'reset-branches', 'Reset custom splits', 'r', 'view',
    similarity.resetBranches, () => state.branches.value.length > 0),

  command('Select', 'select', 'Select the picture', 'x', 'view', select.toggleActive, hasActive),
  command('Select', 'extend', 'Select up to the picture', 'Shift+X', 'view', select.extendToActive, hasActive),
  command('Select', 'select-cluster', 'Select the cluster', 'a', 'view', select.selectCluster, ready),
  command('Select', 'select-all', 'Select everything shown', 'Ctrl+A', 'view', select.selectAll, inGallery),
  command('Select', 'select-none', 'Select nothing', 'Ctrl+Shift+A', 'view', selection.selectNone,
    () => state.selection.value.size > 0),

  command('Correct', 'name-cluster', 'Name the cluster', 'n', 'correction', corrections.askName, canWrite),
  command('Correct', 'together', 'Keep these pictures together', 't', 'correction', corrections.together,
    () => canWrite() && state.selection.value.size > 1),
  command('Correct', 'apart', 'Keep these pictures apart from the rest of their clusters', 'd', 'correction',
    corrections.apart, () => canWrite() && hasPictures()),
  command('Correct', 'move-here', 'Move the selected pictures to this cluster', 'v', 'correction', corrections.moveHere,
    () => canWrite() && state.selection.value.size > 0),
  command('Correct', 'hide', 'Hide these pictures', ['h', 'Delete'], 'correction', corrections.hide,
    () => canWrite() && hasPictures()),
  command('Correct', 'unhide', 'Show hidden pictures again', 'Shift+H', 'correction', corrections.unhide,
    () => canWrite() && (state.arrangement.value?.hidden.length ?? 0) > 0),
  command('Correct', 'undo', 'Undo', 'Ctrl+Z', 'none', history.undo, history.canUndo),
  command('Correct', 'redo', 'Redo', ['Ctrl+Shift+Z', 'Ctrl+Y'], 'none', history.redo,
    history.canRedo),

  command('View', 'gallery', 'Gallery', '1', 'view', () => view.showView('gallery')),
  command('View', 'map', 'Map', '2', 'view', () => view.showView('map'), ready),
  command('View', 'beside', 'Show or hide the gallery beside the map', 'b', 'none', view.toggleBeside,
    () => ready() && state.view.value === 'map'),
  command('View', 'timeline', 'Timeline', '3', 'view', () => view.showView('timeline'),
    () => ready() && (state.server.value?.has_times ?? false)),
  command('View', 'larger', 'Larger pictures', ['+', '='], 'view', () => view.stepSize(1), inGallery),
  command('View', 'smaller', 'Smaller pictures', '-', 'view', () => view.stepSize(-1), inGallery),
  command('View', 'sort', 'Next sort order', 'Shift+S', 'view', view.nextSort, ready),
  command('View', 'export', 'Export', 'e', 'none', () => navigate.showDialog('export'), canWrite),
];

const BY_ID = new Map(COMMANDS.map((c) => [c.id, c]));

/** @param {string} id @returns {Command} */
export function commandOf(id) {
  const command = BY_ID.get(id);
  if (!command) throw new Error(`there is no command ${id}`);
  return command;
}

/** Whether this page has a command at all: a copy lacks those that need a server. @param {string} id */
export const has = (id) => !state.server.value?.copied?.lacks.includes(id);

/** Whether a command can be run now. @param {string} id */
export const canRun = (id) => has(id) && (commandOf(id).enabled?.() ?? true);

/** Runs a command if it can be run; true if so. @param {string} id @param {import('./target.js').Context} [context] */
export function runCommand(id, context = {}) {
  const called = commandOf(id);
  if (!has(id)) return false;
  if (!(called.enabled?.() ?? true)) {
    if (called.undo === 'correction' && state.readOnly.peek()) state.notify('This viewer is read-only.');
    return false;
  }
  called.run(context);
  return true;
}

/** Name of a key on a keyboard, for people. @param {string} key */
export function keyText(key) {
  const names = /** @type {Record<string, string>} */ ({
    ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc',
  });
  if (key === '+') return key;
  return key.split('+').map((part) => names[part] ?? part).join(' ');
}
