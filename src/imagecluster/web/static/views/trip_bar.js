/** The bar that says which trip or event is open: the gallery shows its pictures only. */
import { html } from '../core/preact.js';
import { countText } from '../core/text.js';
import * as state from '../state/state.js';
import * as trips from '../state/trips.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { showAll } from '../commands/trips.js';

/** Number of pictures that are open and not hidden. */
function countOpen() {
  const { nGrouped, nSingle } = state.counts.value;
  return state.results.value ? '' : countText(nGrouped + nSingle, 'picture');
}

/** The bar; nothing while all pictures are shown. */
export function TripBar() {
  const open = trips.opened.value;
  if (!trips.scope.value) return null;
  if (!open) {
    return html`<section class="trip-bar" aria-label="What is open"><p class="soft" role="status">${trips.found.value ? 'This is no longer part of a trip.' : 'Looking for trips…'}</p>
      <button type="button" class="button" onClick=${showAll}>Show all pictures</button></section>`;
  }
  return html`<section class="trip-bar" aria-label="What is open">
    <${CommandButton} id="leave-trip" icon/>
    <h2><span class="chip"><b>${open.title}</b>${open.dates && html`<span>${`, ${open.dates}`}</span>`}
      <button type="button" class="chip-close" aria-label=${`Show all pictures, not only ${open.title}`} title="Show all pictures" onClick=${showAll}><${Icon} name="close"/></button></span></h2>
    ${open.event && html`<span class="soft of-trip">${trips.nameOfTrip(open.event.trip)}</span>`}
    <span class="soft">${countOpen()}</span>
    ${!state.readOnly.value && open.kind !== 'undated' && html`<${CommandButton} id="correct-trip" text="Correct…" kind="small"/>`}
  </section>`;
}
