/** The preview of what is removed, the choice where it goes, and what became of it. */
import { html, useRef, useState } from '../core/preact.js';
import { bytesText, countText, numberText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { Icon } from '../commands/buttons.js';
import { showDialog } from '../commands/navigate.js';
import { act, carryOver, outcomeText, putBack } from '../commands/removal.js';
import { Modal } from './modal.js';

/** @typedef {import('../core/wire.js').PlanFacts} PlanFacts @typedef {import('../core/wire.js').PlannedFile} PlannedFile */

/** From the top of a drive, on any system. */
const WHOLE_PATH = /^(\/|\\\\|[A-Za-z]:[\\/])/;
const ROW_PX = 62, SPARE = 4;

/** @param {{file: PlannedFile, top: number}} props */
function Planned({ file, top }) {
  const { snapshot } = state.shownCollection();
  return html`<li style=${{ transform: `translateY(${top}px)` }}>
    ${file.id >= 0 ? html`<img src=${thumbnail(snapshot, file.id, 192)} alt="" loading="lazy"/>` : html`<span class="thumb"></span>`}
    <p><b title=${file.name}>${file.name}</b><span class="soft" title=${file.keep}>${file.keep ? `stays: ${file.keep}` : file.why}</span></p>
    <p class="planned-size">${bytesText(file.bytes)}${file.parts.length > 0 && html`<span class="soft" title=${file.parts.join(', ')}>with ${countText(file.parts.length, 'part')}</span>`}</p></li>`;
}

/** All files of a plan, of which those in sight are drawn. @param {{files: PlannedFile[]}} props */
function Files({ files }) {
  const [top, setTop] = useState(0);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const from = Math.max(0, Math.floor(top / ROW_PX) - SPARE), to = Math.min(files.length, Math.ceil((top + (list.current?.clientHeight ?? 600)) / ROW_PX) + SPARE);
  return html`<div class="planned" tabindex="0" role="region" aria-label="Files that are removed" ref=${list} onScroll=${(/** @type {Event} */ e) => setTop(/** @type {HTMLElement} */ (e.target).scrollTop)}>
    <ul style=${{ height: `${files.length * ROW_PX}px` }}>${files.slice(from, to).map((file, i) => html`<${Planned} key=${file.name} file=${file} top=${(from + i) * ROW_PX}/>`)}</ul></div>`;
}

/** The plan, before anything happens. @param {{plan: PlanFacts}} props */
function Preview({ plan }) {
  const [where, setWhere] = useState(/** @type {'trash' | 'folder'} */ ('trash'));
  const [folder, setFolder] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const n = plan.files.length, { done = 0, total = 0 } = copies.acting.value;
  const entered = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (where === 'folder' && !WHOLE_PATH.test(folder.trim())) {
      setProblem('Give the whole path of the folder, such as /home/me/Removed.');
      return;
    }
    setBusy(true);
    setProblem('');
    setProblem(await act(where === 'folder' ? folder.trim() : ''));
    setBusy(false);
  };
  const carry = async (/** @type {Event} */ event) => {
    setBusy(true);
    setProblem(await carryOver(/** @type {HTMLInputElement} */ (event.target).checked));
    setBusy(false);
  };
  const choice = (/** @type {'trash' | 'folder'} */ name, /** @type {string} */ label) => html`<label><input type="radio" name="where" value=${name} checked=${where === name} onChange=${() => setWhere(name)}/> ${label}</label>`;
  return html`<form onSubmit=${entered}>
    <p class="soft">Every file is checked again just before it is moved. What has changed meanwhile stays where it is. You can put everything back.</p>
    <${Files} files=${plan.files}/>
    <${Left} left=${plan.left}/>
    <fieldset><legend class="unseen">Where the files go</legend>${choice('trash', 'To the trash')}${choice('folder', 'To a folder')}
      ${where === 'folder' && html`<input type="text" value=${folder} required aria-label="Folder" placeholder="/home/me/Removed" spellcheck="false" autocomplete="off" onInput=${(/** @type {Event} */ e) => setFolder(/** @type {HTMLInputElement} */ (e.target).value)}/>`}</fieldset>
    ${plan.of === 'copies' && html`<label><input type="checkbox" checked=${copies.carriesOver.value} disabled=${busy} onChange=${carry}/> Carry over date, place, rating and keywords to the files that stay
      <span class="soft">${plan.n_written > 0 ? `${countText(plan.n_written, 'sidecar')} written` : copies.carriesOver.value ? 'nothing to carry over' : 'into their sidecars'}</span></label>`}
    <p role="alert" class="problem">${problem}</p>
    <div class="row end">${busy && html`<div class="progress grow" role="status"><span>Moving files ${total > 0 ? `${numberText(done)} of ${numberText(total)}` : '…'}</span><progress aria-label="Progress" max=${total || null} value=${total ? done : null}></progress></div>`}
      <button type="button" class="button" onClick=${() => showDialog(null)} disabled=${busy}>Cancel</button>
      <button type="submit" class="button main" disabled=${busy || !n}>Move ${countText(n, 'file')} to ${where === 'trash' ? 'the trash' : 'the folder'}</button></div>
  </form>`;
}

/** Files that stay where they are, with the reasons. @param {{left: readonly import('../core/wire.js').FileLeft[]}} props */
function Left({ left }) {
  if (!left.length) return null;
  return html`<h3>Left where they are: ${numberText(left.length)}</h3>
    <ul class="left" tabindex="0" role="region" aria-label="Files that were left">${left.map(({ name, reason }) => html`<li key=${name}><b>${name}</b><span class="soft">${reason}</span></li>`)}</ul>`;
}

/** What became of the plan. @param {{outcome: import('../core/wire.js').Outcome}} props */
function Result({ outcome }) {
  return html`<div class="result"><p role="status">${outcomeText(outcome)}.</p>
    <${Left} left=${outcome.left}/>
    <div class="row end">${outcome.number > 0 && html`<button type="button" class="button" onClick=${() => putBack(outcome.number)}>Put ${countText(outcome.n_files, 'file')} back</button>`}
      <button type="button" class="button main" data-first onClick=${() => showDialog(null)}>Done</button></div></div>`;
}

/** The dialog. */
export function CopyPlan() {
  const plan = copies.plan.value, outcome = copies.outcome.value;
  const close = () => { if (copies.acting.peek().total === undefined) showDialog(null); };
  if (!plan) return null;
  const title = outcome ? 'Removed' : `Remove ${countText(plan.files.length, 'file')}`;
  const parts = plan.n_parts > 0 ? ` with ${countText(plan.n_parts, 'part')}` : '';
  return html`<${Modal} label=${title} kind="wide plan" onClose=${close}>
    <div class="dialog-title"><h2 tabindex="-1" data-first>${title} <span class="soft">${outcome ? '' : `${bytesText(plan.bytes)}${parts}`}</span></h2>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${close}><${Icon} name="close"/></button></div>
    ${outcome ? html`<${Result} outcome=${outcome}/>` : html`<${Preview} plan=${plan}/>`}
  </${Modal}>`;
}
