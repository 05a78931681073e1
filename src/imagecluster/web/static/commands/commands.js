/**
 * The list of all commands, from which keys, buttons and the list of keys are made.
 *
 * Each command says how it is undone: `view` commands change the view and are undone here, `correction` commands are
 * undone by the server, and `none` marks commands with nothing to undo.
 */
import * as history from '../state/history.js';
import * as culling from '../state/cull.js';
import * as selection from '../state/selection.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { scope as openTrips } from '../state/trips.js';
import * as corrections from './corrections.js';
import * as cull from './cull.js';
import * as duplicates from './duplicates.js';
import * as navigate from './navigate.js';
import * as pictureFile from './picture_file.js';
import * as removal from './removal.js';
import { focusSearch, searchSimilar } from './search.js';
import * as select from './select.js';
import * as similarity from './similarity.js';
import * as trips from './trips.js';
import * as view from './view.js';

/**
 * @typedef {{id: string, label: string, group: string, keys: string[], undo: 'view' | 'correction' | 'none',
 *   enabled?: () => boolean, run: (context: import('./target.js').Context) => unknown}} Command
 */

const ready = () => (state.collection.value?.n ?? 0) > 0;
const hasActive = () => ready() && !state.inTrips.value && (state.active.value >= 0 || state.openedPicture.value >= 0);
const hasPictures = () => ready() && (state.selection.value.size > 0 || hasActive());
/** The clusters are in sight in some way: everything but the views of copies and trips. */
const inClusters = () => ready() && !state.inCopies.value && !state.inTrips.value;
const canWrite = () => inClusters() && !state.readOnly.value;
const inGallery = () => ready() && (state.view.value === 'gallery' || state.isSplit.value);
const inCopies = () => state.inCopies.value && copies.shown.value.length > 0;
const canDecide = () => inCopies() && !state.readOnly.value;
const canMove = () => culling.isOpen.value || inGallery() || inCopies() || state.inTrips.value;
/** @param {import('../data/places.js').Way} way */
const move = (way) => () => (culling.isOpen.peek() ? cull.move(way) : state.inTrips.peek() ? trips.move(way) : state.inCopies.peek() ? duplicates.move(way) : navigate.move(way));

/**
 * @param {string} group @param {string} id @param {string} label @param {string | string[]} keys
 * @param {Command['undo']} undo @param {Command['run']} run @param {() => boolean} [enabled] @returns {Command}
 */
const command = (group, id, label, keys, undo, run, enabled) => ({
  group, id, label, keys: typeof keys === 'string' ? keys.split(' ').filter(Boolean) : keys, undo, run, enabled,
});

/** @type {readonly Command[]} */
export const COMMANDS = [
  command('Move', 'left', 'Previous picture', 'ArrowLeft', 'none', move('left'), canMove),
  command('Move', 'right', 'Next picture', 'ArrowRight', 'none', move('right'), canMove),
  command('Move', 'up', 'Picture above', 'ArrowUp', 'none', move('up'), canMove),
  command('Move', 'down', 'Picture below', 'ArrowDown', 'none', move('down'), canMove),
  command('Move', 'next-cluster', 'Next cluster', 'j', 'none', move('next'), canMove),
  command('Move', 'previous-cluster', 'Previous cluster', 'k', 'none', move('previous'), canMove),
  command('Move', 'first', 'First picture', 'Home', 'none', move('first'), canMove),
  command('Move', 'last', 'Last picture', 'End', 'none', move('last'), canMove),

  command('Look', 'open', 'Show the picture large', ['Enter', ' '], 'none', navigate.openPicture, () => hasActive() && !inCopies()),
  command('Look', 'open-cluster', 'About the cluster', 'c', 'none', navigate.openCluster, inClusters),
  command('Look', 'similar', 'Find similar pictures', 'f', 'none', searchSimilar, hasActive),
  command('Look', 'compare', 'Compare the selected pictures', 'Shift+C', 'none', navigate.compare,
    () => ready() && state.selection.value.size > 1),
  command('Look', 'search', 'Search', '/', 'none', focusSearch),
  command('Look', 'reveal', 'Show in the file manager', 'o', 'none', pictureFile.reveal,
    () => hasActive() && (state.server.value?.can_reveal ?? false)),
  command('Look', 'copy-path', 'Copy the path', 'y', 'none', pictureFile.copyPath, hasActive),
  command('Look', 'close', 'Close, or select nothing', 'Escape', 'none', navigate.close),
  command('Look', 'keys', 'Keyboard shortcuts', '?', 'none', () => navigate.showDialog('keys')),

  command('Similarity', 'looser', 'Looser: fewer, larger clusters', '[', 'view', () => similarity.stepSim(-0.01), inClusters),
  command('Similarity', 'stricter', 'Stricter: more, tighter clusters', ']', 'view', () => similarity.stepSim(0.01), inClusters),
  command('Similarity', 'looser-stop', 'Previous suggested similarity', '{', 'view', () => similarity.snapSim(-1), inClusters),
  command('Similarity', 'stricter-stop', 'Next suggested similarity', '}', 'view', () => similarity.snapSim(1), inClusters),
  command('Similarity', 'split-cluster', 'Split this cluster at its last merge', 's', 'view', similarity.split, inClusters),
  command('Similarity', 'join-cluster', 'Join this cluster with its nearest neighbour', 'u', 'view', similarity.join, inClusters),
  command('Similarity', 'reset-branches', 'Reset custom splits', 'r', 'view',
    similarity.resetBranches, () => state.branches.value.length > 0),

  command('Select', 'select', 'Select the picture', 'x', 'view', select.toggleActive, () => hasActive() && !inCopies()),
  command('Select', 'extend', 'Select up to the picture', 'Shift+X', 'view', select.extendToActive, () => hasActive() && !inCopies()),
  command('Select', 'select-cluster', 'Select the cluster', 'a', 'view', select.selectCluster, inClusters),
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
    () => canWrite() && corrections.hiddenIds().length > 0),
  command('Look', 'tray', 'Hidden pictures, and files that could not be read', 'Shift+T', 'none', () => navigate.showDialog('tray'), ready),
  command('Correct', 'undo', 'Undo', 'Ctrl+Z', 'none', history.undo, history.canUndo),
  command('Correct', 'redo', 'Redo', ['Ctrl+Shift+Z', 'Ctrl+Y'], 'none', history.redo,
    history.canRedo),

  command('Cull', 'cull', 'Cull: choose the best of each group', 'q', 'none', cull.open, () => cull.canCull() && !culling.isOpen.value),
  command('Cull', 'cull-keep', 'Keep the picture, or leave it open', 'p', 'correction', cull.keep, cull.canChoose),
  command('Cull', 'cull-reject', 'Reject the picture, or leave it open', 'x', 'correction', cull.reject, cull.canChoose),
  command('Cull', 'cull-only', 'Keep this one, reject the rest, and go on', 'Enter', 'correction', cull.keepOnly, cull.canChoose),
  command('Cull', 'cull-all', 'Keep all of the group, and go on', 'a', 'correction', cull.keepAll, cull.canChoose),
  command('Cull', 'cull-none', 'Reject all of the group, and go on', 'Shift+X', 'correction', cull.rejectAll, cull.canChoose),
  command('Cull', 'cull-alone', 'This picture alone, or all of the group', [' '], 'none', cull.toggleAlone, () => culling.isOpen.value),
  ...[0, 1, 2, 3, 4, 5].map((stars) => command('Cull', `stars-${stars}`, ['No stars', '1 star', '2 stars', '3 stars', '4 stars', '5 stars'][stars], String(stars), 'correction', () => cull.rate(stars), cull.canChoose)),
  command('Cull', 'rejected', 'List of rejected pictures', 'Shift+R', 'none', () => navigate.showDialog('rejected'), () => ready() && cull.canCull()),

  command('Copies', 'compare-copy', 'Compare a copy with the picture that is kept', ['Enter', ' '], 'none', duplicates.openPair, inCopies),
  command('Copies', 'spare', 'Remove the copy, or leave it', 'x', 'none', duplicates.toggleSparedHere, () => inCopies() && removal.canAct()),
  command('Copies', 'not-copies', 'Not duplicates: the picture and the one that is kept', 'd', 'correction', duplicates.notCopies, canDecide),
  command('Copies', 'keep-all', 'Keep all pictures of the group', 'a', 'correction', duplicates.keepAll, canDecide),
  command('Copies', 'keep-this', 'Keep this picture for the others', 'b', 'correction', duplicates.keepThis, canDecide),
  command('Copies', 'preview', 'Preview what is removed', 'p', 'none', removal.preview,
    () => inCopies() && removal.canAct() && copies.going.value.nFiles > 0),
  command('Copies', 'put-back', 'Put back what was removed last', 'Shift+P', 'none', removal.putBackLast,
    () => state.inCopies.value && removal.canAct()),

  command('Trips', 'open-trip', 'Open the trip or event', 'Enter', 'none', () => trips.open(), () => state.inTrips.value),
  command('Trips', 'correct-trip', 'Correct the open trip or event', 'w', 'none', () => navigate.showDialog('trip'), trips.canCorrect),
  command('Trips', 'leave-trip', 'Back to the trips', 'g', 'none', trips.leave, () => ready() && openTrips.value !== null),

  command('View', 'gallery', 'Gallery', '1', 'view', () => view.showView('gallery')),
  command('View', 'map', 'Map', '2', 'view', () => view.showView('map'), ready),
  command('View', 'beside', 'Show or hide the gallery beside the map', 'b', 'none', view.toggleBeside,
    () => ready() && state.view.value === 'map'),
  command('View', 'timeline', 'Timeline', '3', 'view', () => view.showView('timeline'),
    () => ready() && (state.server.value?.has_times ?? false)),
  command('View', 'copies', 'Copies', '4', 'view', () => view.showView('copies'), duplicates.canShow),
  command('View', 'trips', 'Trips', '5', 'view', () => view.showView('trips'), trips.canShow),
  command('View', 'larger', 'Larger pictures', ['+', '='], 'view', () => view.stepSize(1), canMove),
  command('View', 'smaller', 'Smaller pictures', '-', 'view', () => view.stepSize(-1), canMove),
  command('View', 'sort', 'Next sort order', 'Shift+S', 'view', view.nextSort, inClusters),
  command('View', 'export', 'Export', 'e', 'none', () => navigate.showDialog('export'),
    () => ready() && !state.readOnly.value),
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
