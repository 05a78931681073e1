/** A visitor's preferences for the view: kept by the browser, for every collection at this address. */
import { effect } from '../core/preact.js';
import { copy } from '../data/copy.js';
import * as state from './state.js';

const KEY = 'imagecluster';

/** @typedef {{size?: string, sort?: string, beside?: boolean, facts?: boolean}} Taste */

/** The kept preferences; none in a copy of the page, which is shown as it was made. @returns {Taste} */
export function remembered() {
  try {
    const kept = copy ? null : JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return kept && typeof kept === 'object' ? kept : {};
  } catch {
    return {}; // the browser does not keep anything
  }
}

/** Keeps preferences from now on. */
export function remember() {
  if (copy) return;
  effect(() => {
    const taste = { size: state.size.value, sort: state.sort.value, beside: state.beside.value, facts: state.withFacts.value };
    try {
      localStorage.setItem(KEY, JSON.stringify(taste));
    } catch {
      // the browser does not keep anything
    }
  });
}
