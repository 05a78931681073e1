/** Messages: no pictures yet, a run in progress, server gone, what was just done, what is selected. */
import { html, useEffect } from '../core/preact.js';
import { countText, numberText } from '../core/text.js';
import { dropUnsent, sendUnsent, unsent } from '../state/history.js';
import * as selection from '../state/selection.js';
import * as state from '../state/state.js';
import { opened } from '../state/trips.js';
import { CommandButton, Icon, NoticeButton } from '../commands/buttons.js';
import { load } from '../commands/connection.js';

/** @typedef {import('../core/wire.js').Run} Run @typedef {import('../core/wire.js').Stage} Stage */

const STAGES = /** @type {Record<Stage, string>} */ ({
  scan: 'Looking for pictures', weights: 'Downloading the model', fingerprints: 'Fingerprinting',
  dates: 'Reading dates and places', signs: 'Looking at pictures again', copies: 'Looking for copies',
  pairs: 'Comparing pictures', neighbours: 'Comparing pictures', farthest: 'Comparing pictures', merging: 'Clustering', verifying: 'Comparing details',
  links: 'Writing', thumbnails: 'Writing', retrieval: 'Searching', speed: 'Measuring', acting: 'Moving files',
});

/** Stages that are counted in pictures; for others the share is shown. */
const COUNTED = /** @type {Set<Stage | ''>} */ (new Set(['fingerprints', 'dates', 'signs', 'links', 'thumbnails']));

/** Progress of a stage in figures. @param {Run} run */
export function figures(run) {
  if (!run.total) return '…';
  return COUNTED.has(run.stage) ? html` <b>${numberText(run.done)}</b> of ${numberText(run.total)}` : html` <b>${Math.floor(100 * run.done / run.total)}</b> %`;
}

/** Progress of a run. @param {{run: Run}} props */
export function Progress({ run }) {
  const known = run.total > 0;
  return html`<div class="progress"><span>${run.stage ? STAGES[run.stage] : 'Working'}${figures(run)}</span>
    <progress aria-label="Progress of the run" max=${known ? run.total : null} value=${known ? run.done : null}></progress></div>`;
}

/** Shown in place of the gallery while there is none. */
export function Unready() {
  const status = state.status.value, run = state.run.value;
  if (status.kind === 'loading') return html`<main class="unready"><p class="soft" role="status">Loading…</p></main>`;
  if (status.kind === 'failed') {
    return html`<main class="unready"><h2>The pictures cannot be shown</h2><p role="alert">${status.message}</p>
      <button type="button" class="button main" onClick=${() => load(true)}>Try again</button></main>`;
  }
  if (run?.running) return html`<main class="unready"><h2>The first pictures will appear shortly</h2><${Progress} run=${run}/></main>`;
  if (run?.error) return html`<main class="unready"><h2>The pictures cannot be shown</h2><p role="alert">${sentence(run.error)}</p></main>`;
  const skips = state.server.value?.skips ?? [];
  if (skips.length) {
    return html`<main class="unready"><h2>None of the pictures can be read</h2>
      <ul class="skips" tabindex="0" aria-label="Files that cannot be read">${skips.map(([name, reason]) => html`<li key=${name}><b>${name}</b> ${reason}</li>`)}</ul></main>`;
  }
  return html`<main class="unready"><h2>No pictures yet</h2>
    <p>There are no readable pictures in this folder. Add some and run <code>imagecluster</code> again; they will appear here.</p></main>`;
}

/** A message of the program as a sentence. @param {string} text */
const sentence = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** Shown in place of the gallery when a search finds nothing. */
export function NothingFound() {
  const results = state.results.value, open = opened.value, { nGrouped, nSingle } = state.counts.value;
  if (!results && open && state.arrangement.value && !nGrouped && !nSingle) {
    return html`<section class="nothing" aria-label="Nothing to show"><h2>Nothing to show in ${open.title}</h2><p>Its pictures are hidden, or their files were moved away.</p></section>`;
  }
  if (!results || state.counts.value.nGrouped || state.view.value === 'timeline') return null;
  return html`<section class="nothing" aria-label="Search"><h2>Nothing found for ${results.label}</h2>
    ${results.kind === 'name' && !state.server.value?.copied && html`<p>This model can search names only. To search by what a picture shows, use a model that understands text, for example <code>--model clip-vit-b32</code>.</p>`}</section>`;
}

/** The selection, and the commands for it. */
function Selected() {
  const count = state.selection.value.size;
  if (!count || state.inCopies.value || state.inTrips.value) return null;
  return html`<div class="selected" role="region" aria-label="Selection">
    <b>${countText(count, 'picture')}</b>
    ${count > 1 && html`<${CommandButton} id="compare" text="Compare"/>`}
    ${!state.readOnly.value && html`${count > 1 && html`<${CommandButton} id="together" text="Keep together"/>`}<${CommandButton} id="apart" text="Keep apart"/>
      <${CommandButton} id="hide" text="Hide"/>`}
    <button type="button" class="button round" aria-label="Select nothing" title="Select nothing (Esc)" onClick=${selection.selectNone}><${Icon} name="close"/></button>
  </div>`;
}

/** What was said while the server could not be reached. */
function Unsent() {
  const waiting = unsent.value;
  if (!waiting.length) return null;
  return html`<div class="notice warn" role="status">Not kept yet: ${waiting.map(({ label }) => label).join('; ')}
    ${state.online.value && html` <button type="button" class="link" onClick=${sendUnsent}>Apply</button> <button type="button" class="link" onClick=${dropUnsent}>Discard</button>`}</div>`;
}

/** Messages that float above the gallery. */
export function Notices() {
  const notice = state.notice.value, run = state.run.value;
  useEffect(() => {
    if (!notice) return undefined;
    const timer = setTimeout(() => { if (state.notice.peek() === notice) state.notice.value = null; }, 6000);
    return () => clearTimeout(timer);
  }, [notice]);
  const clustered = (state.collection.value?.n ?? 0) > 0 && !state.server.value?.provisional;
  return html`<aside class="notices" aria-label="Messages">
    ${run?.running && clustered && html`<div class="notice"><${Progress} run=${run}/></div>`}
    ${state.results.value && html`<div class="notice"><span>${countText(state.counts.value.nGrouped, 'result')}</span>
      <button type="button" class="link" onClick=${() => { state.results.value = null; }}>Back to all clusters</button></div>`}
    ${!state.online.value && html`<div class="notice warn" role="alert">Connection lost. Reconnecting…</div>`}
    <${Unsent}/>
    <div role="status" class=${notice ? 'notice' : 'unseen'}>${notice?.text ?? ''}
      <${NoticeButton}/></div>
    <${Selected}/>
  </aside>`;
}
