/** The bar at the foot of the view of copies: what would be removed, and what was removed last. */
import { html, useEffect } from '../core/preact.js';
import { bytesText, countText, momentText, numberText } from '../core/text.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { CommandButton } from '../commands/buttons.js';
import { canAct, lastAction, loadActions, putBack } from '../commands/removal.js';

/** The latest action, and how to undo it. */
function Last() {
  const last = lastAction();
  if (!last) return null;
  const offset = new Date().getTimezoneOffset() * 60;
  return html`<p class="last soft">${countText(last.n_files, 'file')} moved to ${last.to}, ${momentText(last.made_s - offset)}
    ${canAct() && html` <button type="button" class="link" onClick=${() => putBack(last.number)} aria-label=${`Put back ${countText(last.n_files, 'file')} from ${last.to}`}>Put back</button>`}</p>`;
}

/** The bar. */
export function CopiesBar() {
  const snapshot = state.collection.value?.snapshot;
  useEffect(() => { loadActions(); }, [snapshot]);
  if (!copies.found.value) return html`<section class="dock copies-bar" aria-label="Clean up"><p class="soft">Files are moved only after a preview, and can be put back.</p><${Last}/></section>`;
  const { nFiles, bytes, nSpared } = copies.going.value;
  return html`<section class="dock copies-bar" aria-label="Clean up">
    <div class="reading"><output class="sim"><span class="sim-label">To remove</span>${numberText(nFiles)}</output>
      <div class="numbers"><span><b>${bytesText(bytes)}</b></span>${nSpared > 0 && html`<span class="soft">${numberText(nSpared)} left by you</span>`}</div></div>
    <div class="copies-act">${canAct() ? nFiles > 0 && html`<${CommandButton} id="preview" text=${copies.planning.value ? 'Grouping anew…' : 'Preview…'} kind="main"/>`
    : html`<p class="soft">${state.readOnly.value ? 'This viewer is read-only: nothing can be removed here.' : 'Files can be moved only on the machine that holds them.'}</p>`}
      <${Last}/></div>
  </section>`;
}
