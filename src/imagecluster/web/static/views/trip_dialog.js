/** The dialog in which the open trip or event is corrected; it says in words what each correction does. */
import { html } from '../core/preact.js';
import { clockText, countText, datesText } from '../core/text.js';
import * as trips from '../state/trips.js';
import { Icon } from '../commands/buttons.js';
import { showDialog } from '../commands/navigate.js';
import { chosen, isHome, joinWith, moveTo, neighbours, rename, splitHere } from '../commands/trips.js';
import { Modal } from './modal.js';

/** Events before and after the open one to which pictures can be moved. */
const NEAR = 20;

/** @param {{title: string, what: string, run: () => void}} props */
const Choice = ({ title, what, run }) => html`<li><button type="button" onClick=${run}><b>${title}</b><span>${what}</span></button></li>`;

/** @param {import('../commands/trips.js').Part} part @param {boolean} isTrip */
const partText = ({ title, from, to }, isTrip) => `${title}, ${isTrip ? datesText(from, to) : clockText(from, to)}`;

/** The events near what is open, one of which the selected pictures can be moved to. @param {{ids: readonly number[]}} props */
function Moving({ ids }) {
  const found = trips.found.value, open = trips.opened.value;
  const at = open?.event?.index ?? open?.trip?.events[0].index ?? 0;
  const near = (found?.events ?? []).slice(Math.max(0, at - NEAR), at + NEAR + (open?.trip?.events.length ?? 0)).filter((event) => event !== open?.event);
  const entered = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const key = new FormData(/** @type {HTMLFormElement} */ (event.target)).get('event');
    const to = near.find((each) => each.key === key);
    if (to) moveTo(to);
  };
  const first = near.find(({ index }) => index > at) ?? near[near.length - 1];
  if (!near.length) return null;
  return html`<form class="trip-move" onSubmit=${entered}><label for="event-to">Move ${ids.length === 1 ? 'the selected picture' : `the ${ids.length} selected pictures`} to another event</label>
    <div class="row"><select id="event-to" name="event" class="grow">${near.map((event) => html`<option key=${event.key} value=${event.key} selected=${event === first}>${event.facts.name}, ${clockText(event.facts.start_s, event.facts.end_s)}</option>`)}</select>
      <button type="submit" class="button">Move</button></div></form>`;
}

/** The dialog. */
export function TripDialog() {
  const open = trips.opened.value;
  if (!open || open.kind === 'undated') return null;
  const isTrip = open.kind === 'trip', kind = isTrip ? 'trip' : 'event', title = isTrip ? 'Correct the trip' : 'Correct the event';
  const { before, after } = neighbours(), ids = chosen(), facts = open.event?.facts;
  const named = (isTrip ? open.trip?.facts : facts)?.named ?? false;
  const entered = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    rename(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('name') ?? '').trim());
  };
  return html`<${Modal} label=${title} kind="small" onClose=${() => showDialog(null)}>
    <div class="dialog-title"><h2>${title}</h2>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${() => showDialog(null)}><${Icon} name="close"/></button></div>
    <form onSubmit=${entered}><label for="trip-name">Name${named && '; empty for the one that was found'}</label>
      <input id="trip-name" name="name" type="text" value=${open.title} maxlength="200" autocomplete="off" data-first/>
      <div class="row end"><button type="submit" class="button main">Save name</button></div></form>
    <ul class="choices">
      ${before && html`<${Choice} title=${`Join with the ${kind} before`} what=${`One ${kind} with ${partText(before, isTrip)}`} run=${() => joinWith(before)}/>`}
      ${after && html`<${Choice} title=${`Join with the ${kind} after`} what=${`One ${kind} with ${partText(after, isTrip)}`} run=${() => joinWith(after)}/>`}
      ${ids.length > 0 && ids[0] !== open.ids[0] && html`<${Choice} title="Divide it" what=${`Another ${kind} begins with the first selected picture`} run=${splitHere}/>`}
      ${facts?.latitude !== null && facts && html`<${Choice} title="This is home" what=${`Home is in ${facts.place || 'this place'}, and trips are what is away from it`} run=${() => isHome(facts)}/>`}
    </ul>
    ${ids.length > 0 ? html`<${Moving} ids=${ids}/>` : html`<p class="soft">Select pictures first to divide this ${kind} before them, or to move them to another event. All ${countText(open.ids.length, 'picture')} stay where they are on the disk.</p>`}
  </${Modal}>`;
}
