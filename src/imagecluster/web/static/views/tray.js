/** The tray: hidden pictures, to be shown again singly or all, and files that could not be read. */
import { html, useEffect, useState } from '../core/preact.js';
import { countText, numberText } from '../core/text.js';
import { askSkips, thumbnail } from '../data/api.js';
import * as state from '../state/state.js';
import { Icon } from '../commands/buttons.js';
import { hiddenIds, unhide, unhideOne } from '../commands/corrections.js';
import { showDialog } from '../commands/navigate.js';
import { Modal } from './modal.js';

/** More rows than this are not drawn; a search leads to the others. */
const MOST_ROWS = 200;

/** @param {{id: number}} props */
function Row({ id }) {
  const { snapshot, names } = state.shownCollection();
  const name = names.nameOf(id);
  return html`<li><span class="thumb"><img src=${thumbnail(snapshot, id, 192)} alt="" loading="lazy"/></span>
    <p><b>${name}</b><span class="soft">${names.pathOf(id)}</span></p>
    ${!state.readOnly.value && html`<button type="button" class="button" aria-label=${`Show again: ${name}`} onClick=${() => unhideOne(id)}>Show again</button>`}</li>`;
}

/** The files that the latest run could not read. */
function useSkips() {
  const [skips, setSkips] = useState(/** @type {import('../core/wire.js').Skips | null} */ (null));
  useEffect(() => { askSkips().then(setSkips, (error) => state.notify(error.message)); }, []);
  return skips;
}

/** The dialog. */
export function Tray() {
  const [text, setText] = useState('');
  const ids = hiddenIds(), skips = useSkips(), { names } = state.shownCollection();
  void names.version.value;
  useEffect(() => { names.fetch(ids); }, [names, ids.length]);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (/** @type {string} */ path) => words.every((word) => path.toLowerCase().includes(word));
  const found = words.length ? ids.filter((id) => holds(names.pathOf(id))) : ids;
  const unread = (skips?.skips ?? []).filter(([name]) => holds(name));
  return html`<${Modal} label="Hidden pictures" kind="wide tray" onClose=${() => showDialog(null)}>
    <div class="dialog-title"><h2>Hidden pictures <span class="soft">${numberText(ids.length)}</span></h2>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${() => showDialog(null)}><${Icon} name="close"/></button></div>
    <div class="row wrap"><input type="search" data-first aria-label="Search by path" placeholder="Search by path" value=${text} onInput=${(/** @type {Event} */ e) => setText(/** @type {HTMLInputElement} */ (e.target).value)}/>
      ${ids.length > 0 && !state.readOnly.value && html`<button type="button" class="button" onClick=${unhide}>Show all ${numberText(ids.length)} again</button>`}</div>
    <ul class="tray-list" tabindex="0" aria-label="Hidden pictures">${found.slice(0, MOST_ROWS).map((id) => html`<${Row} key=${id} id=${id}/>`)}</ul>
    ${!found.length && html`<p class="soft">${ids.length ? 'No hidden picture has this in its path.' : 'No picture is hidden.'}</p>`}
    ${found.length > MOST_ROWS && html`<p class="soft">${numberText(found.length - MOST_ROWS)} more; search by path to see them.</p>`}
    ${skips !== null && skips.n > 0 && html`<h3>${countText(skips.n, 'file')} could not be read</h3>
      <ul class="skips" tabindex="0" aria-label="Files that could not be read">${unread.map(([name, reason]) => html`<li key=${name}><b>${name}</b> ${reason}</li>`)}</ul>
      ${skips.n > skips.skips.length && html`<p class="soft">These are the first ${numberText(skips.skips.length)}.</p>`}`}
  </${Modal}>`;
}
