/** The state of culling: which groups are gone through, and where one is. */
import { computed, signal } from '../core/preact.js';
import { fateOf } from './choices.js';

/**
 * @typedef {'clusters' | 'bursts' | 'events' | 'copies' | 'results' | 'selection'} Source
 * @typedef {{title: string, ids: readonly number[]}} Group
 * @typedef {import('../data/best_of.js').Judged} Judged
 */

export const isOpen = signal(false);
/** @type {import('../vendor/signals.js').Signal<Source>} */
export const source = signal('clusters');
/** Groups as they were when culling began. @type {import('../vendor/signals.js').Signal<readonly Group[]>} */
export const groups = signal([]);
/** Place of the group that is shown. */
export const index = signal(0);
/** The picture that keys act on; -1 for none. */
export const at = signal(-1);
/** Whether that picture is shown alone. */
export const isAlone = signal(false);
/** Number of columns in which the pictures are shown. */
export const columns = signal(1);
/** What is known of the pictures of a group, by its key. @type {import('../vendor/signals.js').Signal<ReadonlyMap<string, Judged>>} */
export const judged = signal(new Map());

/** The group that is shown. */
export const group = computed(() => /** @type {Group | undefined} */ (groups.value[index.value]));

/** Number of groups about which nothing is open. */
export const nDecided = computed(() => groups.value.filter(({ ids }) => ids.every((id) => fateOf(id) !== 'open')).length);

/** @param {Group} of */
export const keyOf = (of) => of.ids.join();

/** Forgets everything: there is another collection, in which ids mean other pictures. */
export function forget() {
  isOpen.value = false;
  groups.value = [];
  judged.value = new Map();
}
