/** A copy beside the picture that is kept, or laid over it: where its frame lies, what differs, and what to do with it. */
import { html, useEffect, useMemo, useRef, useState } from '../core/preact.js';
import { bytesText, numberText } from '../core/text.js';
import { original, thumbnail } from '../data/api.js';
import { area, corners, cssOf, frameOf, inverse, isElsewhere, shapeOf } from '../data/frames.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { closePair, move, spotNow } from '../commands/duplicates.js';
import { Fate, folderOf, wordsOf } from './copies.js';
import { Modal } from './modal.js';
import { Together, Zoom } from './zoom.js';

/** @typedef {import('../data/duplicates.js').File} File @typedef {import('../data/duplicates.js').Group} Group */
/** @typedef {import('../data/frames.js').Frame} Frame */

/** Time for which each of the two is shown in turn: slow enough for everyone's eyes. */
const FLICKER_MS = 700;

const MODES = /** @type {[import('../state/duplicates.js').PairMode, string, string][]} */ ([
  ['side', 'Side by side', 'Both, zoomed together'],
  ['blend', 'Overlaid', 'The copy in its place over the kept picture'],
  ['difference', 'Difference', 'Black where both are equal'],
]);

/** A picture, small until the file itself has come. @param {{id: number, place?: object, opacity?: number}} props */
function Image({ id, place, opacity }) {
  const { snapshot } = state.shownCollection();
  const style = { ...place, ...(opacity === undefined ? {} : { opacity }) };
  return html`<span class=${place ? 'laid' : 'lower'} style=${style}><img class="under" src=${thumbnail(snapshot, id, 384)} alt=""/>
    <img class="over" key=${id} src=${original(snapshot, id)} alt="" onLoad=${(/** @type {Event} */ e) => /** @type {Element} */ (e.target).classList.add('there')}/></span>`;
}

/** The outline of one frame in another one. @param {{frame: Frame}} props */
function Outline({ frame }) {
  return html`<svg class="outline" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><polygon points=${corners(frame)}/><polygon class="dash" points=${corners(frame)}/></svg>`;
}

/** A stage of one picture or two. @param {{file: File, frame?: Frame, views?: Together, children?: unknown}} props */
function Stage({ file, frame, views, children }) {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!stage.current) return undefined;
    const zoom = new Zoom(stage.current, file.width, file.height, views, frame);
    return () => zoom.end();
  }, [file.id, frame]);
  return html`<div class="compare-stage"><div class="stage" ref=${stage}><div class="sheet laid-out">${children}</div></div></div>`;
}

/** What is known about one of the two, with what is better marked. @param {{group: Group, file: File, other: File}} props */
function About({ group, file, other }) {
  const mark = (/** @type {boolean} */ on, /** @type {string} */ text) => (on ? html`<b>${text}</b>` : text);
  return html`<div class="pane-facts"><p><b class="pane-name" title=${file.name}>${file.name.split('/').pop()}</b><span class="soft">${folderOf(file)}</span>
    <span>${mark(file.width * file.height > other.width * other.height, `${numberText(file.width)} × ${numberText(file.height)}`)} · ${mark(file.bytes > other.bytes, bytesText(file.bytes))}${file.format && html` · ${mark(file.format !== other.format, file.format)}`}</span>
    <span class="soft" title=${wordsOf(group, file)}>${wordsOf(group, file)}</span></p>
    <${Fate} group=${group} file=${file}/></div>`;
}

/** The copy over the kept picture. @param {{first: File, file: File, frame: Frame, mode: 'blend' | 'difference', share: number}} props */
function Overlaid({ first, file, frame, mode, share }) {
  const place = useMemo(() => cssOf(frame, first.width / Math.max(1, first.height)), [frame, first]);
  return html`<${Stage} file=${first}>
    <div class="over-all" style=${mode === 'difference' ? { clipPath: shapeOf(frame) } : null}><${Image} id=${first.id}/></div>
    <div class=${mode === 'difference' ? 'over-all difference' : 'over-all'}><${Image} id=${file.id} place=${place} opacity=${mode === 'difference' ? 1 : share}/></div>
    ${isElsewhere(frame) && html`<${Outline} frame=${frame}/>`}
  </${Stage}>`;
}

/** The slider between the two, and the button that switches between them in turn. @param {{share: number, setShare: (share: number) => void}} props */
function Blend({ share, setShare }) {
  const [flickers, setFlickers] = useState(false);
  useEffect(() => {
    if (!flickers) return undefined;
    let on = true;
    const timer = setInterval(() => setShare((on = !on) ? 1 : 0), FLICKER_MS);
    return () => clearInterval(timer);
  }, [flickers]);
  return html`<div class="blend"><label><span aria-hidden="true">Kept</span><input type="range" min="0" max="1" step="0.01" value=${share} aria-label="Copy over the kept picture"
    aria-valuetext=${`${Math.round(100 * share)} % copy`} onInput=${(/** @type {Event} */ e) => { setFlickers(false); setShare(Number(/** @type {HTMLInputElement} */ (e.target).value)); }}/><span aria-hidden="true">Copy</span></label>
    <button type="button" class="button" aria-pressed=${String(flickers)} title="Show one after the other (space switches by hand)" onClick=${() => setFlickers(!flickers)}>Flicker</button></div>`;
}

/** What can be done. @param {{group: Group, file: File}} props */
function Decisions({ group, file }) {
  const n = group.files.length - 1, place = group.files.indexOf(file);
  return html`<div class="pair-foot"><div class="row wrap">
      ${!state.readOnly.value && html`${file.kind !== 'identical' && html`<${CommandButton} id="not-copies" text="Not duplicates"/>`}<${CommandButton} id="keep-all" text="Keep all"/>
        <${CommandButton} id="keep-this" text="Keep this one instead"/>`}</div>
    <div class="row"><button type="button" class="button" onClick=${() => move('previous')} title="Previous group (k)">‹ Group</button>
      ${n > 1 && html`<button type="button" class="button round" aria-label="Previous copy" title="Previous copy (←)" onClick=${() => move('left')}>‹</button>
        <span aria-live="polite">${numberText(place)} of ${numberText(n)}</span>
        <button type="button" class="button round" aria-label="Next copy" title="Next copy (→)" onClick=${() => move('right')}>›</button>`}
      <button type="button" class="button" onClick=${() => move('next')} title="Next group (j)">Group ›</button></div></div>`;
}

/** The comparison, if it is open. */
export function CopyPair() {
  const [share, setShare] = useState(0.5);
  const views = useMemo(() => new Together(), []);
  const open = copies.pair.value, spot = open && state.collection.value ? spotNow() : null;
  const file = spot && (spot.file === spot.group.files[0] ? spot.group.files[1] : spot.file);
  const frame = useMemo(() => frameOf(file?.evidence?.matrix), [file]);
  if (!open || !spot || !file) return null;
  const { group } = spot, [first] = group.files, mode = copies.pairMode.value;
  const shown = copies.shown.value.length;
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target instanceof HTMLButtonElement;
    if (event.key === ' ' && !onButton) {
      if (mode === 'side') copies.pairMode.value = 'blend';
      setShare(share > 0.5 ? 0 : 1);
    } else if (event.key === 'm') copies.pairMode.value = MODES[(MODES.findIndex(([name]) => name === mode) + 1) % MODES.length][0];
    else return;
    event.preventDefault();
  };
  return html`<${Modal} label="Compare a copy with the picture that is kept" kind="compare pair" onClose=${closePair} onKeyDown=${pressed}>
    <div class="dialog-title"><h2 tabindex="-1" data-first class="sentence">${file.evidence?.transform || wordsOf(group, file)} <span class="soft">group ${numberText(spot.index + 1)} of ${numberText(shown)}</span></h2>
      <div class="row"><div class="segments" role="group" aria-label="How to compare">${MODES.map(([name, label, title]) => html`<button type="button" key=${name} aria-pressed=${String(mode === name)} title=${`${title} (m)`}
        onClick=${() => { copies.pairMode.value = name; }}>${label}</button>`)}</div>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${closePair}><${Icon} name="close"/></button></div></div>
    ${mode === 'side' ? html`<ul class="panes of-2" key="side">
      <li><${Stage} key=${first.id} file=${first} views=${views}><${Image} id=${first.id}/>${isElsewhere(frame) && html`<${Outline} frame=${frame}/>`}</${Stage}><${About} group=${group} file=${first} other=${file}/></li>
      <li><${Stage} key=${file.id} file=${file} views=${views} frame=${frame}><${Image} id=${file.id}/>${isElsewhere(frame) && Math.abs(area(frame)) > 1 && html`<${Outline} frame=${inverse(frame)}/>`}</${Stage}><${About} group=${group} file=${file} other=${first}/></li></ul>`
    : html`<div class="laid-pane" key="over"><${Overlaid} key=${`${first.id} ${file.id}`} first=${first} file=${file} frame=${frame} mode=${mode} share=${share}/>
      ${mode === 'blend' && html`<${Blend} share=${share} setShare=${setShare}/>`}
      <div class="laid-facts"><${About} group=${group} file=${first} other=${file}/><${About} group=${group} file=${file} other=${first}/></div></div>`}
    <${Decisions} group=${group} file=${file}/>
  </${Modal}>`;
}
