/** The bar at the top: view, search, order and size. */
import { html, useEffect } from '../core/preact.js';
import { countText, dayText, numberText } from '../core/text.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { searchEntered, searchLeft, searchTyped } from '../commands/search.js';
import { canRun, has } from '../commands/commands.js';
import { setSize, setSort, showView, SORTS } from '../commands/view.js';

const VIEWS = /** @type {[state.ViewName, string][]} */ ([['gallery', 'Gallery'], ['map', 'Map'], ['timeline', 'Timeline'], ['copies', 'Copies'], ['trips', 'Trips']]);

function Search() {
  const results = state.results.value;
  const place = state.server.value?.can_search_text ? 'Search words or names' : 'Search names';
  // Any end of a search clears its box.
  useEffect(() => {
    const box = /** @type {HTMLInputElement | null} */ (document.querySelector('#search'));
    if (box && results?.kind !== 'name' && results?.kind !== 'text') box.value = '';
  }, [results]);
  return html`<form class="search" role="search" onSubmit=${(/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    searchEntered();
  }}>
    <${Icon} name="search"/>
    <input id="search" type="search" placeholder=${place} aria-label=${place} autocomplete="off" spellcheck="false"
      onInput=${searchTyped} onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') searchLeft(); }}/>
    <kbd aria-hidden="true">/</kbd>
  </form>`;
}

function Sizes() {
  return html`<div class="segments sizes" role="group" aria-label="Size of the pictures">
    ${/** @type {const} */ (['S', 'M', 'L']).map((name) => html`<button type="button" aria-pressed=${state.size.value === name ? 'true' : 'false'}
      aria-label=${{ S: 'Small', M: 'Medium', L: 'Large' }[name]} onClick=${() => setSize(name)}>
      <i class=${`square ${name}`}></i></button>`)}
  </div>`;
}

/** The top bar. */
export function Toolbar() {
  const server = state.server.value;
  const views = VIEWS.filter(([name]) => (name === 'timeline' ? server?.has_times : has(name)));
  const nCopies = copies.found.value?.known ? copies.totals.value.nGroups : 0;
  const sorts = SORTS.filter(([key]) => key !== 'time' || server?.has_times);
  const n = (state.collection.value?.n ?? 0) - (state.arrangement.value?.hidden.length ?? 0);
  return html`<header class=${n || state.status.value.kind === 'loading' ? 'top' : 'top bare'}>
    <div class="what"><h1>${server?.root_name ?? 'imagecluster'}</h1>
      <span class="soft">${n ? countText(n, 'picture') : ''}</span>
      ${server?.copied && html`<span class="soft copied">copied ${dayText(server.copied.made_s)}</span>`}</div>
    <nav class="segments" aria-label="Views">
      ${views.map(([name, label]) => html`<button type="button" aria-current=${state.view.value === name ? 'page' : null}
        onClick=${() => showView(name)} disabled=${!n || !canRun(name)}>${label}${name === 'copies' && nCopies > 0 && html` <span class="count">${numberText(nCopies)}<span class="unseen"> groups</span></span>`}</button>`)}
    </nav>
    <${Search}/>
    <div class="tools">
      ${!state.inCopies.value && !state.inTrips.value && html`<label class="order"><span class="unseen">Order of the clusters</span>
        <select value=${state.sort.value} onChange=${(/** @type {Event} */ e) => setSort(/** @type {any} */ (e.target).value)}>
          ${sorts.map(([key, label]) => html`<option value=${key} selected=${state.sort.value === key}>${label}</option>`)}
        </select></label>`}
      <${Sizes}/>
      <span class="rule"></span>
      <${CommandButton} id="undo" icon/><${CommandButton} id="redo" icon/>
      <${CommandButton} id="export" icon/><${CommandButton} id="keys" icon/>
    </div>
  </header>`;
}
