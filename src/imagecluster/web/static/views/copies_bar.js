/** The bar at the foot of the view of copies: what would be removed, and what was removed last. */
import { html, useEffect, useState } from '../core/preact.js';
import { bytesText, countText, momentText, numberText } from '../core/text.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { CommandButton } from '../commands/buttons.js';
import { canAct, keepBy, lastAction, loadActions, putBack } from '../commands/removal.js';

/** The latest action, and how to undo it. */
function Last() {
  const last = lastAction();
  if (!last) return null;
  const offset = new Date().getTimezoneOffset() * 60;
  return html`<p class="last soft">${countText(last.n_files, 'file')} moved to ${last.to}, ${momentText(last.made_s - offset)}
    ${canAct() && html` <button type="button" class="link" onClick=${() => putBack(last.number)} aria-label=${`Put back ${countText(last.n_files, 'file')} from ${last.to}`}>Put back</button>`}</p>`;
}

/** Rules that are offered; others can be typed. */
const RULES = ['largest', 'smallest', 'quality', 'oldest', 'newest', 'metadata', 'shortest-path', 'format:heic,jpeg'];

/** Which file of each group is kept, and places that are never touched. */
function Rules() {
  const { keep, references } = copies.rules.value;
  const [problem, setProblem] = useState('');
  const entered = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const folder = String(form.get('reference')).trim();
    setProblem(await keepBy({ keep: String(form.get('keep')), references: folder ? [folder, ...references.slice(1)] : references.slice(1) }));
  };
  return html`<details class="keeping"><summary>Kept: ${keep || 'the best copy'}${references.length > 0 && `, never from ${references[0]}`}</summary>
    <form onSubmit=${entered} key=${keep + references.join()}>
      <label>Keep first <input name="keep" list="keeping-rules" value=${keep} placeholder="largest;oldest" spellcheck="false" autocomplete="off"/></label>
      <datalist id="keeping-rules">${RULES.map((rule) => html`<option value=${rule}/>`)}</datalist>
      <label>Never remove from <input name="reference" value=${references[0] ?? ''} placeholder="/home/me/Originals" spellcheck="false" autocomplete="off"/></label>
      <button type="submit" class="button">Group anew</button>
      ${problem && html`<p role="alert" class="problem">${problem}</p>`}</form></details>`;
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
    ${canAct() && html`<${Rules}/>`}
    <div class="copies-act">${canAct() ? nFiles > 0 && html`<${CommandButton} id="preview" text=${copies.planning.value ? 'Grouping anew…' : 'Preview…'} kind="main"/>`
    : html`<p class="soft">${state.readOnly.value ? 'This viewer is read-only: nothing can be removed here.' : 'Files can be moved only on the machine that holds them.'}</p>`}
      <${Last}/></div>
  </section>`;
}
