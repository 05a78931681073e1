/** The view of trips: a tree of trips and events with covers, and a timeline of months and days beside it. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { clockText, countText, datesText, lengthText, monthText, numberText, wholeMonthText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import * as state from '../state/state.js';
import * as trips from '../state/trips.js';
import { jump, loadTrips, open, setClock, turn } from '../commands/trips.js';
import { figures } from './notices.js';

/** @typedef {import('../data/trips.js').Event} Event @typedef {import('../data/trips.js').Trip} Trip @typedef {import('../data/trips.js').Month} Month */

/** @param {{key: string}} props @returns {{tabindex: number, 'data-item': string, onFocus: () => void}} */
const item = ({ key }) => ({ tabindex: trips.at.value === key ? 0 : -1, 'data-item': key, onFocus: () => { trips.at.value = key; } });

/** Place of an event, if its name does not say it already. @param {Event} event */
const placeOf = ({ facts }) => (facts.place && !facts.name.startsWith(facts.place) ? `${facts.place} · ` : '');

/** @param {{event: Event}} props */
function Card({ event }) {
  const collection = state.shownCollection(), { facts } = event;
  return html`<li><button type="button" class="event" ...${item(event)} data-event onClick=${() => open(event.key)}>
    <img src=${thumbnail(collection.snapshot, facts.cover, 384)} alt="" loading="lazy" style=${{ backgroundColor: collection.colour(facts.cover) }}/>
    <b>${facts.name}</b><span class="soft">${clockText(facts.start_s, facts.end_s)}</span>
    <span class="soft">${placeOf(event)}${countText(facts.ids.length, 'picture')}</span></button></li>`;
}

/** "Home · Germany", "3–7 Mar 2025 · Iceland · 120 pictures in 21 events" @param {Trip} trip */
function wordsOf(trip) {
  const { facts } = trip, name = trips.nameOfTrip(trip), dates = datesText(facts.start_s, facts.end_s);
  const where = facts.kind === 'home' && facts.place ? `${facts.place}, ${facts.country}` : facts.country;
  const many = `${countText(trip.ids.length, 'picture')} in ${countText(trip.events.length, 'event')}`;
  return [dates === name ? '' : dates, where === name ? '' : where, many].filter(Boolean).join(' · ');
}

/** @param {{trip: Trip}} props */
function TripPart({ trip }) {
  const isFolded = trips.isFolded(trip), collection = state.shownCollection(), { facts } = trip;
  const name = trips.nameOfTrip(trip), isHere = trips.at.value === trip.key || trip.events.some(({ key }) => key === trips.at.value);
  const stays = facts.kind === 'trip' && facts.stays.length > 1 ? facts.stays : [];
  return html`<div role="group" class=${isFolded ? 'trip folded' : 'trip'} aria-label=${name}>
    <div class="trip-head">
      ${isFolded && html`<img src=${thumbnail(collection.snapshot, facts.cover, 192)} alt="" loading="lazy" style=${{ backgroundColor: collection.colour(facts.cover) }}/>`}
      <div class="trip-words"><h2><button type="button" class="title-button" ...${item(trip)} onClick=${() => open(trip.key)}>${name}</button></h2>
        <p class="soft">${wordsOf(trip)}</p>
        ${stays.length > 0 && html`<p class="stays"><span class="unseen">Stays: </span>${stays.map((stay) => html`<span>${stay}</span>`)}</p>`}</div>
      <button type="button" class="button small" tabindex=${isHere ? 0 : -1} aria-expanded=${String(!isFolded)} onClick=${() => turn(trip.key)}>${isFolded ? 'Show events' : 'Hide events'}<span class="unseen"> of ${name}</span></button>
    </div>
    ${!isFolded && html`<ul class="events">${trip.events.map((event) => html`<${Card} key=${event.key} event=${event}/>`)}</ul>`}
  </div>`;
}

/** Pictures without a date. */
function Undated() {
  const ids = trips.found.value?.undated ?? [];
  if (!ids.length) return null;
  return html`<div role="group" class="trip folded" aria-label="Without a date"><div class="trip-head"><div class="trip-words">
    <h2><button type="button" class="title-button" ...${item({ key: trips.UNDATED })} onClick=${() => open(trips.UNDATED)}>Without a date</button></h2>
    <p class="soft">${countText(ids.length, 'picture')} of which nothing says when they were taken</p></div></div></div>`;
}

/** A number of pictures, of which the eye sees the number. @param {{count: number}} props */
const Count = ({ count }) => html`<span class="count">${numberText(count)}<span class="unseen"> ${count === 1 ? 'picture' : 'pictures'}</span></span>`;

/** Clocks of cameras that seem to be off. */
function Clocks() {
  const clocks = trips.found.value?.clocks ?? [];
  if (state.readOnly.value) return null;
  return clocks.map((clock) => html`<p key=${clock.camera} class="trips-note row wrap"><span>The clock of <b>${clock.camera}</b> seems to be off: with ${lengthText(clock.shift_s)} its pictures agree with those of ${clock.reference}.</span>
    <button type="button" class="button small" onClick=${() => setClock(clock)}>Add ${lengthText(clock.shift_s)} to its times</button></p>`);
}

/** A month, and its days if it is the one in sight. @param {{month: Month, isHere: boolean}} props */
function MonthPart({ month, isHere }) {
  return html`<li><button type="button" class="month" aria-current=${isHere ? 'true' : null} title=${wholeMonthText(month.start_s)}
    onClick=${() => jump(month.event)}>${monthText(month.start_s)}<span class="unseen"> ${month.year}, </span> <${Count} count=${month.count}/></button>
    ${isHere && html`<ul class="days">${month.days.map(({ day, count, event }) => html`<li key=${day}><button type="button" class="day"
      onClick=${() => jump(event)}>${day}<span class="unseen"> ${wholeMonthText(month.start_s)}, </span> <${Count} count=${count}/></button></li>`)}</ul>`}</li>`;
}

/** Years, months and days, with the numbers of pictures. @param {{months: readonly Month[], here: Month | undefined}} props */
function Calendar({ months, here }) {
  const years = [...new Set(months.map(({ year }) => year))];
  return html`<nav class="calendar" aria-label="Years, months and days">${years.map((year) => html`<div class="year" key=${year}><h2>${year}</h2>
    <ul>${months.filter((month) => month.year === year).map((month) => html`<${MonthPart} key=${month.month} month=${month} isHere=${month === here}/>`)}</ul></div>`)}</nav>`;
}

/** Shown in place of the list while there is none. */
function Nothing() {
  const search = trips.search.value;
  if (search?.error) {
    return html`<div class="unready"><h2>Trips cannot be found</h2><p role="alert">${search.error}</p><button type="button" class="button main" onClick=${() => loadTrips(true)}>Try again</button></div>`;
  }
  if (trips.found.value) return html`<div class="unready"><h2>No trips</h2><p>None of the pictures says when it was taken.</p></div>`;
  const run = { running: true, stage: search?.stage ?? '', done: search?.done ?? 0, total: search?.total ?? 0, error: '' };
  return html`<div class="unready"><h2>Looking for trips and events</h2><p>From when and where pictures were taken, and what they show.</p>
    <div class="progress" role="status">${figures(run)}<progress aria-label="Progress of the search for trips" max=${search?.total || null} value=${search?.total ? search.done : null}></progress></div></div>`;
}

/** The event that has the focus, or else the one at the top of what is in sight. @param {HTMLElement} scroller */
function firstInSight(scroller) {
  const cards = [...scroller.querySelectorAll('[data-item]')], { top, bottom } = scroller.getBoundingClientRect();
  const box = scroller.querySelector(`[data-item="${trips.at.peek()}"]`)?.getBoundingClientRect();
  if (box && box.bottom > top && box.top < bottom) return trips.found.peek()?.eventOf(Number(trips.at.peek().slice(1)));
  let low = 0, high = cards.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cards[middle].getBoundingClientRect().bottom > top + 8) high = middle;
    else low = middle + 1;
  }
  const card = cards[low];
  return card instanceof HTMLElement ? trips.found.peek()?.eventOf(Number(card.dataset.item?.slice(1))) : undefined;
}

/** The view. */
export function Trips() {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const [inSight, setInSight] = useState(/** @type {Event | undefined} */ (undefined));
  const found = trips.found.value, wanted = trips.wanted.value;
  const look = () => { if (scroller.current) setInSight(firstInSight(scroller.current)); };
  useEffect(look, [found]);
  useEffect(() => {
    const key = trips.at.peek();
    if (!wanted || !key) return;
    const element = /** @type {HTMLElement | null | undefined} */ (scroller.current?.querySelector(`[data-item="${key}"]`));
    element?.scrollIntoView({ block: wanted.block });
    element?.focus({ preventScroll: true });
    look();
  }, [wanted, found]);
  const isEmpty = !found || (!found.trips.length && !found.undated.length);
  const months = found?.months ?? [];
  const start = new Date((inSight?.facts.start_s ?? NaN) * 1000);
  const here = months.find(({ year, month }) => year === start.getUTCFullYear() && month === start.getUTCMonth());
  if (found && !isEmpty && !trips.at.value) trips.at.value = found.trips[0]?.key ?? trips.UNDATED;
  return html`<div class="trips-view">
    ${months.length > 0 && html`<${Calendar} months=${months} here=${here}/>`}
    <main class="scroller trips" aria-label="Trips and events" tabindex="-1" ref=${scroller} onScroll=${look}>
      ${isEmpty ? html`<${Nothing}/>` : html`${!found.knowsHome && found.trips.length > 0 && html`<p class="soft trips-note">Where home is, these pictures do not say; so they are shown by periods between two pauses.</p>`}
        <${Clocks}/>${found.trips.map((trip) => html`<${TripPart} key=${trip.key} trip=${trip}/>`)}<${Undated}/>`}
    </main></div>`;
}

