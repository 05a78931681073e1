/** The list of rejected pictures: each can be taken back, and what is left can be moved away by a plan. */
import { html, useEffect, useState } from '../core/preact.js';
import { numberText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import * as choices from '../state/choices.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { Icon } from '../commands/buttons.js';
import { takeBack } from '../commands/cull.js';
import { showDialog } from '../commands/navigate.js';
import { canAct, previewRejected } from '../commands/removal.js';
import { Modal } from './modal.js';

/** More rows are found by searching. */
const MOST_ROWS = 500;

/** @param {{id: number}} props */
function Row({ id }) {
  const { snapshot, names } = state.shownCollection(), path = names.pathOf(id);
  return html`<li><img class="thumb" src=${thumbnail(snapshot, id, 192)} alt="" loading="lazy"/><p><b>${path.split('/').pop()}</b><span class="soft">${path.split('/').slice(0, -1).join('/') || 'top folder'}</span></p>
    ${!state.readOnly.value && html`<button type="button" class="button" aria-label=${`Take back ${path}`} onClick=${() => takeBack([id])}>Take back</button>`}</li>`;
}

/** The dialog. */
export function Rejected() {
  const [text, setText] = useState('');
  const ids = choices.rejected.value, { names } = state.shownCollection();
  void names.version.value;
  useEffect(() => { names.fetch(ids); }, [names, ids.length]);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? ids.filter((id) => words.every((word) => names.pathOf(id).toLowerCase().includes(word))) : ids;
  return html`<${Modal} label="Rejected pictures" kind="wide tray" onClose=${() => showDialog(null)}>
    <div class="dialog-title"><h2>Rejected pictures <span class="soft">${numberText(ids.length)}</span></h2>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${() => showDialog(null)}><${Icon} name="close"/></button></div>
    <p class="soft">Their files are where they were. Nothing is moved before you have seen the preview.</p>
    <div class="row wrap"><input type="search" data-first aria-label="Search by path" placeholder="Search by path" value=${text} onInput=${(/** @type {Event} */ e) => setText(/** @type {HTMLInputElement} */ (e.target).value)}/>
      ${found.length > 0 && !state.readOnly.value && html`<button type="button" class="button" onClick=${() => takeBack(found)}>Take back ${words.length ? 'these' : 'all'} ${numberText(found.length)}</button>`}
      ${ids.length > 0 && canAct() && html`<button type="button" class="button main" disabled=${copies.planning.value} onClick=${previewRejected}>Preview removing ${numberText(ids.length)} …</button>`}</div>
    <ul class="tray-list" tabindex="0" aria-label="Rejected pictures">${found.slice(0, MOST_ROWS).map((id) => html`<${Row} key=${id} id=${id}/>`)}</ul>
    ${!found.length && html`<p class="soft">${ids.length ? 'No rejected picture has this in its path.' : 'Nothing is rejected. Press q to go through groups of pictures.'}</p>`}
    ${found.length > MOST_ROWS && html`<p class="soft">${numberText(found.length - MOST_ROWS)} more; search by path to see them.</p>`}
  </${Modal}>`;
}
