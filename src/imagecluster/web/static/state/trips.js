/** The state of the view of trips: what is found, what of it is unfolded, and what is open in the gallery. */
import { computed, signal } from '../core/preact.js';
import { datesText } from '../core/text.js';

/**
 * What of the tree is open: the trip or event that holds a picture, or the pictures without a date.
 * @typedef {{kind: 'trip' | 'event', id: number} | {kind: 'undated', id: -1}} Scope
 * @typedef {import('../data/trips.js').Trip} Trip @typedef {import('../data/trips.js').Event} Event
 * @typedef {{kind: Scope['kind'], key: string, title: string, dates: string, ids: readonly number[], trip: Trip | null, event: Event | null}} Opened
 */

/** Key of the pictures without a date, in the list. */
export const UNDATED = 'undated';

/** @type {import('../vendor/signals.js').Signal<import('../data/trips.js').Trips | null>} */
export const found = signal(null);
/** The search, and how it ended. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').TripsNews | null>} */
export const search = signal(null);
/** Trips that are folded or unfolded against what they are at first, by key. @type {import('../vendor/signals.js').Signal<ReadonlySet<string>>} */
export const turned = signal(new Set());
/** Key of the trip or event that keys act on. */
export const at = signal('');
/** The latest request to show it and give it the focus; a new object each time. @type {import('../vendor/signals.js').Signal<{block: 'nearest' | 'start'} | null>} */
export const wanted = signal(null);
/** What is open. @type {import('../vendor/signals.js').Signal<Scope | null>} */
export const scope = signal(null);

/** Whether the events of a trip are not shown: times at home, where there are trips too. @param {Trip} trip */
export function isFolded(trip) {
  const isHome = trip.facts.kind === 'home' && (found.value?.trips ?? []).some(({ facts }) => facts.kind !== 'home');
  return isHome !== turned.value.has(trip.key);
}

/** Name of a trip; that of one named by its dates is written as the browser's user writes dates. @param {Trip} trip */
export const nameOfTrip = ({ facts }) => (facts.by_dates ? datesText(facts.start_s, facts.end_s) : facts.name);

/** What is open, with its pictures; null while nothing is, or while trips are not known. @type {import('../vendor/signals.js').ReadonlySignal<Opened | null>} */
export const opened = computed(() => {
  const open = scope.value, trips = found.value;
  if (!open || !trips) return null;
  if (open.kind === 'undated') {
    return { kind: open.kind, key: UNDATED, title: 'Without a date', dates: '', ids: trips.undated, trip: null, event: null };
  }
  const event = trips.eventOf(open.id);
  if (!event) return null;
  const { trip } = event, { facts } = open.kind === 'trip' ? trip : event;
  const title = open.kind === 'trip' ? nameOfTrip(trip) : event.facts.name, dates = datesText(facts.start_s, facts.end_s);
  return {
    kind: open.kind, key: open.kind === 'trip' ? trip.key : event.key, title, dates: dates === title ? '' : dates,
    ids: open.kind === 'trip' ? trip.ids : event.facts.ids, trip, event: open.kind === 'event' ? event : null,
  };
});

/** Forgets everything: there is another collection, in which ids mean other pictures. */
export function forget() {
  found.value = null;
  search.value = null;
  turned.value = new Set();
  at.value = '';
  scope.value = null;
}
