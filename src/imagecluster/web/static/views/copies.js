/** The view of copies: groups of pictures that are the same one, the one that is kept first. */
import { html, useEffect, useLayoutEffect, useRef, useState } from '../core/preact.js';
import { bytesText, countText, numberText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import { APART, SURE } from '../data/duplicates.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { CommandButton } from '../commands/buttons.js';
import { goTo, isProposed, loadDuplicates, openPair, showKind, toggleSpared } from '../commands/duplicates.js';
import { canAct } from '../commands/removal.js';
import { ScrollBox } from '../gallery/scrollbox.js';
import { figures } from './notices.js';

/** @typedef {import('../state/duplicates.js').CopyKind} CopyKind @typedef {import('../data/duplicates.js').File} File */
/** @typedef {import('../data/duplicates.js').Group} Group @typedef {import('../data/duplicates.js').Head} Head */

/** Names of the kinds in the list of filters, over a group, and what each means. */
const KINDS = /** @type {Record<CopyKind, [string, string, string]>} */ ({
  file: ['One file', 'One file, several names', 'Several names of one file'],
  identical: ['Identical', 'Identical files', 'The same bytes'],
  pixels: ['Same pixels', 'Same pixels', 'The same pixels; only what is written beside them differs'],
  copy: ['Edited', 'Edited copies', 'One photograph: resized, recompressed, cropped, turned, toned …'],
  altered: ['Partly changed', 'Partly changed', 'One photograph of which a part was changed; never proposed for removal'],
  shot: ['Other shots', 'Other shots of the moment', 'Other photographs of the same moment; never proposed for removal'],
});

/** Height of the pictures by size. */
const PICTURE_PX = { S: 130, M: 210, L: 330 };
/** Height of a group without its pictures: title, and what is said below each picture. */
const WORDS_PX = 134;
const NARROWEST_PX = 216, WIDEST = 2.2;
/** Groups above and below the window that are drawn too. */
const SPARE = 2;

/** Width and height as text, the larger ones marked. @param {{group: Group, file: File}} props */
function Figures({ group, file }) {
  const first = group.files[0];
  const best = (/** @type {(file: File) => number} */ of) => {
    const values = group.files.map(of);
    return of(file) === Math.max(...values) && values.some((value) => value !== of(file));
  };
  const mark = (/** @type {boolean} */ on, /** @type {string} */ text) => (on ? html`<b>${text}</b>` : text);
  return html`<span>${mark(best((f) => f.width * f.height), `${numberText(file.width)} × ${numberText(file.height)}`)} · ${mark(best((f) => f.bytes), bytesText(file.bytes))}${file.format && html` · ${mark(file !== first && file.format !== first.format, file.format)}`}</span>`;
}

/** What becomes of a file, and the button that changes it. @param {{group: Group, file: File}} props */
export function Fate({ group, file }) {
  if (!isProposed(group, file)) return html`<span class="fate stays">${file === group.files[0] && SURE.includes(group.kind) ? 'Keep' : file.reference ? 'Reference' : 'Stays'}</span>`;
  if (!canAct()) return html`<span class="fate">Copy</span>`;
  const goes = !copies.spared.value.has(file.id);
  return html`<button type="button" class="fate" tabindex="-1" aria-pressed=${String(goes)} title=${goes ? 'Leave it where it is (x)' : 'Remove it (x)'}
    aria-label=${`${goes ? 'Remove' : 'Left'} ${file.name}`} onClick=${() => toggleSpared(group, file)}>${goes ? 'Remove' : 'Left'}</button>`;
}

/** Why a picture is kept, would go or stays, with what was done to it, in words. @param {Group} group @param {File} file */
export const wordsOf = (group, file) => file.why || file.evidence?.transform || KINDS[file.kind ?? group.kind][2];

/** Folder of a file in the collection. @param {File} file */
export const folderOf = (file) => file.name.split('/').slice(0, -1).join('/') || 'top folder';

/** A picture of a group. @param {{group: Group, file: File, height: number}} props */
function Copy({ group, file, height }) {
  const collection = state.shownCollection();
  const width = Math.round(Math.max(NARROWEST_PX, Math.min(WIDEST, file.width / Math.max(1, file.height)) * height));
  const spot = copies.at.value, isHere = spot?.group === group.id && spot.id === file.id;
  const isFirst = file === group.files[0], goes = isProposed(group, file) && !copies.spared.value.has(file.id);
  const name = file.name.split('/').pop();
  const words = wordsOf(group, file), more = [...file.parts.map((part) => part.split('/').pop()), ...file.names];
  return html`<li class=${`copy ${goes && canAct() ? 'goes' : ''}`} style=${{ width: `${width}px` }}>
    <button type="button" class="copy-picture" style=${{ height: `${height}px` }} data-copy=${file.id} tabindex=${isHere ? 0 : -1}
      aria-label=${`${name}: ${isFirst ? 'kept' : words}`} onFocus=${() => { if (!isHere) goTo(group.id, file.id, false); }}
      onClick=${() => { goTo(group.id, file.id, false); openPair({}); }}>
      <img src=${thumbnail(collection.snapshot, file.id, height > 300 ? 1024 : 384)} alt="" loading="lazy"/></button>
    <${Fate} group=${group} file=${file}/>
    <p class="copy-words"><span title=${file.name}><strong>${name}</strong> <span class="soft">${folderOf(file)}</span></span><${Figures} group=${group} file=${file}/>
      <span class="soft" title=${words}>${words}${more.length > 0 && ` · with ${more.join(', ')}`}</span></p></li>`;
}

/** A group. @param {{head: Head, top: number, height: number, isHere: boolean}} props */
function GroupRow({ head, top, height, isHere }) {
  const group = copies.groupOf(head.id);
  const here = copies.at.value, at = here?.group === head.id ? here.id : (group?.files[1]?.id ?? -1);
  const context = { copy: { group: head.id, id: at } };
  const freed = group ? group.files.filter((file) => isProposed(group, file) && !copies.spared.value.has(file.id)) : [];
  const bytes = freed.reduce((sum, file) => sum + file.bytes, 0);
  return html`<div role="group" class=${isHere ? 'copies-group here' : 'copies-group'} style=${{ transform: `translateY(${top}px)`, height: `${height + WORDS_PX}px` }} aria-label=${`${KINDS[head.kind][1]}: ${countText(head.nFiles, 'picture')}`}>
    <div class="copies-head"><h3 title=${KINDS[head.kind][2]}>${KINDS[head.kind][1]}</h3>
      <span class="soft">${countText(head.nFiles, 'picture')}${bytes > 0 && ` · frees ${bytesText(bytes)}`}</span>
      ${group && html`<span class="copies-do">
        <${CommandButton} id="compare-copy" text="Compare" kind="small" context=${context}/>
        ${!state.readOnly.value && html`${head.kind !== 'identical' && html`<${CommandButton} id="not-copies" text="Not duplicates" kind="small" context=${context}/>`}
          <${CommandButton} id="keep-all" text="Keep all" kind="small" context=${context}/>`}</span>`}</div>
    ${group ? html`<ul class="copies-strip">${group.files.map((file) => html`<${Copy} key=${file.id} group=${group} file=${file} height=${height}/>`)}</ul>`
    : html`<div class="copies-strip" aria-busy="true">${Array.from({ length: Math.min(4, head.nFiles) }, () => html`<span class="copy-picture" style=${{ height: `${height}px`, width: `${height}px` }}></span>`)}</div>`}
  </div>`;
}

/** The kinds, with the number of groups of each. */
function Kinds() {
  const counts = copies.counts.value, total = copies.totals.value.nGroups, chosen = copies.kind.value;
  const button = (/** @type {CopyKind | null} */ kind, /** @type {string} */ label, /** @type {string} */ title, /** @type {number} */ count) => html`<button type="button"
    key=${label} aria-pressed=${String(chosen === kind)} title=${title} onClick=${() => showKind(kind)}>${label} <span class="count">${numberText(count)}</span></button>`;
  const of = (/** @type {readonly CopyKind[]} */ kinds) => kinds.filter((kind) => counts.get(kind) || kind === chosen).map((kind) => button(kind, KINDS[kind][0], KINDS[kind][2], counts.get(kind) ?? 0));
  const apart = of(APART);
  return html`<div class="kinds">
    <div class="segments" role="group" aria-label="Kinds of copies">${button(null, 'All', 'All that are proposed for removal', total)}${of(SURE)}</div>
    ${apart.length > 0 && html`<div class="segments" role="group" aria-label="Shown apart, never removed">${apart}</div>`}</div>`;
}

/** "1,204 copies in 987 groups, 3.1 GB" */
function summary() {
  const { nGroups, nFiles, bytes } = copies.totals.value;
  return nGroups ? `${countText(nFiles, 'copy', 'copies')} in ${countText(nGroups, 'group')}, ${bytesText(bytes)}` : 'No copies to remove';
}

/** Progress of the search, and why it failed. */
function Searching() {
  const search = copies.search.value;
  if (search?.error) return html`<p class="soft" role="alert">${search.error} <button type="button" class="link" onClick=${() => loadDuplicates(true)}>Try again</button></p>`;
  if (!search?.running) return null;
  const run = { running: true, stage: search.stage, done: search.done, total: search.total, error: '' };
  return html`<div class="progress" role="status"><span>${search.stage === 'copies' ? 'Comparing pictures' : 'Looking for copies'}${search.stage ? figures(run) : '…'}</span>
    <progress aria-label="Progress of the search for copies" max=${search.total || null} value=${search.total ? search.done : null}></progress></div>`;
}

/** Shown in place of the list while there is none. */
function Nothing() {
  const found = copies.found.value, kind = copies.kind.value;
  if (!found) return html`<div class="unready"><h2>Looking for copies</h2><p>Pictures that are the same one again: resized, cropped, turned, saved anew. Nothing is moved until you say so.</p><${Searching}/></div>`;
  return html`<div class="unready"><h2>${kind ? `Nothing of this kind` : 'No copies to remove'}</h2>
    <p>${found.nDecided > 0 ? `${countText(found.nDecided, 'group')} that you decided about ${found.nDecided === 1 ? 'is' : 'are'} left out.` : 'Nothing here is proposed for removal.'}</p></div>`;
}

/** The list of groups. */
function List() {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null)), sheet = useRef(/** @type {HTMLElement | null} */ (null));
  const box = useRef(/** @type {ScrollBox | null} */ (null));
  const [, redraw] = useState(0);
  const draw = () => redraw((n) => n + 1);
  const heads = copies.shown.value, found = copies.found.value, size = state.size.value;
  const height = PICTURE_PX[size], row = height + WORDS_PX;
  useLayoutEffect(() => {
    if (!scroller.current || !sheet.current) return undefined;
    const element = scroller.current;
    box.current = new ScrollBox(element, sheet.current);
    const watch = new ResizeObserver(() => {
      box.current?.resize(copies.shown.peek().length * (PICTURE_PX[state.size.peek()] + WORDS_PX) + 24, element.clientHeight);
      draw();
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!box.current || !scroller.current) return;
    box.current.resize(heads.length * row + 24, scroller.current.clientHeight);
    draw();
  }, [heads.length, row]);
  const top = box.current?.top ?? 0, viewport = box.current?.viewport ?? 800;
  const from = Math.max(0, Math.floor(top / row) - SPARE), to = Math.min(heads.length, Math.ceil((top + viewport) / row) + SPARE);
  useEffect(() => { found?.fetch(heads.slice(from, to)); }, [found, from, to, heads]);
  const wanted = copies.wanted.value, spot = copies.at.value;
  useEffect(() => {
    const list = box.current;
    if (!wanted || !list) return;
    const index = copies.shown.peek().findIndex(({ id }) => id === copies.at.peek()?.group);
    const rowTop = Math.max(0, index) * row;
    if (index < 0) list.scrollTo(0);
    else if (rowTop < list.top) list.scrollTo(rowTop);
    else if (rowTop + row > list.top + list.viewport) list.scrollTo(Math.min(rowTop, rowTop + row - list.viewport));
    draw();
    if (!wanted.focus || index < 0) return;
    requestAnimationFrame(() => {
      const picture = /** @type {HTMLElement | null} */ (scroller.current?.querySelector(`[data-copy="${copies.at.peek()?.id}"]`));
      picture?.focus({ preventScroll: true });
      picture?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
  }, [wanted]);
  const offset = box.current?.offset ?? 0;
  return html`<main class="scroller copies" id="copies" aria-label="Copies" tabindex="-1" ref=${scroller} onScroll=${() => { box.current?.scrolled(); draw(); }}>
    <div class="box" ref=${sheet}>${heads.slice(from, to).map((head, i) => html`<${GroupRow} key=${head.id} head=${head} top=${(from + i) * row + offset} height=${height} isHere=${head.id === spot?.group}/>`)}</div>
  </main>`;
}

/** The view. */
export function Copies() {
  const found = copies.found.value;
  return html`<div class="copies-view">
    ${found && html`<section class="copies-top" aria-label="What was found"><h2>${summary()}</h2><${Kinds}/>
      <${Searching}/>
      ${!found.complete && html`<p class="soft">Only identical and resized pictures are found here. For crops, turns and other edits: <code>pip install opencv-python-headless</code></p>`}</section>`}
    ${copies.shown.value.length > 0 ? html`<${List}/>` : html`<main class="scroller copies" aria-label="Copies" tabindex="-1"><${Nothing}/></main>`}
  </div>`;
}
