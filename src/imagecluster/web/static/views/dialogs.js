/** Dialogs: the list of keys, naming, hiding one of identical files, export. */
import { html, useState } from '../core/preact.js';
import { numberText, simText } from '../core/text.js';
import { postExport } from '../data/api.js';
import * as state from '../state/state.js';
import { viewLink } from '../commands/address.js';
import { Icon } from '../commands/buttons.js';
import { COMMANDS, has, keyText } from '../commands/commands.js';
import { hideAsked, hiding, naming, setName } from '../commands/corrections.js';
import { showDialog } from '../commands/navigate.js';
import { Compare } from './compare.js';
import { CopyPlan } from './copy_plan.js';
import { Modal } from './modal.js';
import { Rejected } from './rejected.js';
import { TripDialog } from './trip_dialog.js';
import { Tray } from './tray.js';

/** @param {{title: string}} props */
function Title({ title }) {
  return html`<div class="dialog-title"><h2>${title}</h2>
    <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${() => showDialog(null)}><${Icon} name="close"/></button></div>`;
}

function Keys() {
  const commands = COMMANDS.filter((c) => has(c.id));
  const groups = [...new Set(commands.map((c) => c.group))];
  return html`<${Modal} label="Keyboard shortcuts" kind="keys" onClose=${() => showDialog(null)}>
    <${Title} title="Keyboard shortcuts"/>
    <div class="key-groups" tabindex="0" data-first role="region" aria-label="List of shortcuts"><div>${groups.map((group) => html`<section><h3>${group}</h3><dl>
      ${commands.filter((c) => c.group === group).map((c) => html`<div><dt>${c.label}</dt>
        <dd>${c.keys.map((key) => html`<kbd>${keyText(key)}</kbd>`)}</dd></div>`)}
    </dl></section>`)}
    <section><h3>With the mouse</h3><dl>
      <div><dt>Select one more, or a range</dt><dd><kbd>Ctrl</kbd><kbd>Shift</kbd> click</dd></div>
      <div><dt>Select one more</dt><dd>click its corner</dd></div>
      <div><dt>Move to another cluster</dt><dd>drag the picture there</dd></div>
      <div><dt>Menu of commands</dt><dd>right click</dd></div>
      <div><dt>Select with a rectangle</dt><dd>drag from an empty spot</dd></div>
      <div><dt>Select with a lasso in the map</dt><dd><kbd>Shift</kbd> drag</dd></div>
    </dl></section></div></div>
  </${Modal}>`;
}

function Naming() {
  const { ids, name } = naming.value;
  const entered = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    setName(String(new FormData(form).get('name') ?? '').trim());
  };
  return html`<${Modal} label="Name the cluster" kind="small" onClose=${() => showDialog(null)}>
    <${Title} title="Name the cluster"/>
    <form onSubmit=${entered}>
      <label for="cluster-name">Name for these ${ids.length} pictures; they keep it at every similarity</label>
      <input id="cluster-name" name="name" type="text" value=${name} maxlength="200" autocomplete="off" data-first/>
      <div class="row end"><button type="button" class="button" onClick=${() => showDialog(null)}>Cancel</button>
        <button type="submit" class="button main">Save name</button></div>
    </form>
  </${Modal}>`;
}

/** What hiding a picture would hide, when other files have the same bytes. */
function Hiding() {
  const { ids, all } = hiding.value, one = ids.length === 1;
  return html`<${Modal} label="Identical files" kind="small" onClose=${() => showDialog(null)}>
    <${Title} title=${one ? `${numberText(all.length)} identical files` : `${numberText(all.length)} files, some of them identical`}/>
    <p>${one ? 'This picture is there' : `These ${numberText(ids.length)} pictures are there`} in ${numberText(all.length)} files with the same content. Hidden files stay where they are; only imagecluster leaves them out.</p>
    <div class="row end wrap"><button type="button" class="button" onClick=${() => showDialog(null)}>Cancel</button>
      <button type="button" class="button" onClick=${() => hideAsked('all')}>Hide ${numberText(all.length)} ${one ? 'identical files' : 'files'}</button>
      <button type="button" class="button main" data-first onClick=${() => hideAsked('these')}>Only ${one ? 'this one' : `these ${numberText(ids.length)}`}</button></div>
  </${Modal}>`;
}

const KINDS = /** @type {[import('../core/wire.js').ExportKind, string, string][]} */ ([
  ['links', 'Folders of links', 'One folder per cluster, with links to the pictures'],
  ['csv', 'CSV', 'A table for spreadsheets: path, cluster, name'],
  ['json', 'JSON', 'Clusters with their members and heights'],
  ['parquet', 'Parquet', 'The same table for data tools'],
  ['page', 'Contact sheets', 'One file to browse or print'],
  ['copy', 'This page', 'One file to share, with small pictures and the slider; needs no server'],
]);

function Export() {
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState('');
  const branches = state.branches.value.length;
  const write = async (/** @type {import('../core/wire.js').ExportKind} */ kind) => {
    setBusy(kind);
    setMessage('');
    try {
      const answer = await postExport({
        kind, sim: state.sim.peek(), min_size: state.minSize.peek(), link: viewLink(), snapshot: state.collectionNow().snapshot,
        own_cuts: state.branches.peek().map((b) => [b.from, b.to, b.height]),
      });
      setMessage(`Written: ${answer.path}`);
    } catch (error) {
      setMessage(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy('');
    }
  };
  return html`<${Modal} label="Export" kind="small" onClose=${() => showDialog(null)}>
    <${Title} title="Export"/>
    <p class="soft">The clusters at similarity ${simText(state.sim.value)}${branches > 0 && ', with custom splits'}, with all corrections applied.</p>
    <ul class="choices">${KINDS.map(([kind, title, what], i) => html`<li><button type="button" data-first=${i === 0 ? '' : null} onClick=${() => write(kind)} disabled=${busy !== ''}>
      <b>${title}${busy === kind ? ' …' : ''}</b><span>${what}</span></button></li>`)}</ul>
    <p role="status" class="written">${message}</p>
  </${Modal}>`;
}

/** The open dialog, if any. */
export function Dialogs() {
  switch (state.dialog.value) {
    case 'keys': return html`<${Keys}/>`;
    case 'name': return html`<${Naming}/>`;
    case 'hide': return html`<${Hiding}/>`;
    case 'tray': return html`<${Tray}/>`;
    case 'export': return html`<${Export}/>`;
    case 'compare': return html`<${Compare}/>`;
    case 'plan': return html`<${CopyPlan}/>`;
    case 'rejected': return html`<${Rejected}/>`;
    case 'trip': return html`<${TripDialog}/>`;
    default: return null;
  }
}
