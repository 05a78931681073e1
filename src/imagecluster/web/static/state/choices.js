/** What was chosen among pictures: kept, rejected, and stars. */
import { computed, signal } from '../core/preact.js';
import * as state from './state.js';

/** @typedef {'keep' | 'reject' | 'open'} Fate @typedef {{fate?: Fate, stars?: number}} Choice */

/** What was chosen in this page and the server has not confirmed yet, by id. @type {import('../vendor/signals.js').Signal<ReadonlyMap<number, Choice>>} */
export const pending = signal(new Map());

/** What was chosen for each picture. @type {import('../vendor/signals.js').ReadonlySignal<ReadonlyMap<number, Choice>>} */
export const chosen = computed(() => {
  const { kept, rejected, stars } = state.edits.value.choices;
  /** @type {Map<number, Choice>} */
  const all = new Map();
  for (const id of kept) all.set(id, { fate: 'keep' });
  for (const id of rejected) all.set(id, { fate: 'reject' });
  for (const [id, n] of stars) all.set(id, { ...all.get(id), stars: n });
  for (const [id, choice] of pending.value) all.set(id, { ...all.get(id), ...choice });
  return all;
});

/** @param {number} id @returns {Fate} */
export const fateOf = (id) => chosen.value.get(id)?.fate ?? 'open';

/** @param {number} id */
export const starsOf = (id) => chosen.value.get(id)?.stars ?? 0;

/** Rejected pictures whose files are still there. */
export const rejected = computed(() => {
  const gone = new Set(state.edits.value.corrections.gone);
  return [...chosen.value].flatMap(([id, { fate }]) => (fate === 'reject' && !gone.has(id) ? [id] : []));
});

/** "rejected, 3 stars" @param {number} id */
export function choiceText(id) {
  const { fate = 'open', stars = 0 } = chosen.value.get(id) ?? {};
  const words = [fate === 'keep' ? 'kept' : fate === 'reject' ? 'rejected' : '', stars ? `${stars} ${stars === 1 ? 'star' : 'stars'}` : ''];
  return words.filter(Boolean).join(', ');
}
