/** Culling: a group's pictures large and side by side, with the keys that keep, reject and rate them. */
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../core/preact.js';
import { countText, numberText } from '../core/text.js';
import { screenSize, thumbnail } from '../data/api.js';
import * as choices from '../state/choices.js';
import * as cull from '../state/cull.js';
import * as state from '../state/state.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { look, show } from '../commands/cull.js';
import { closeCull } from '../commands/navigate.js';
import { runCommand } from '../commands/commands.js';
import { canShow as hasTrips } from '../commands/trips.js';
import { LargeImage } from './large_image.js';
import { Modal } from './modal.js';
import { Together } from './zoom.js';

/** @typedef {import('../state/cull.js').Source} Source */

/** Largest number of pictures beside each other, by the width of the window. */
const MOST_SHOWN = /** @type {const} */ ([[1500, 8], [900, 6], [600, 4], [0, 2]]);
/** Pictures of the next group that are loaded ahead. */
const AHEAD = 6;
const NEXT_AFTER_MS = 200;

const SOURCES = /** @type {[Source, string][]} */ ([['clusters', 'Clusters'], ['bursts', 'Bursts'], ['events', 'Events'], ['copies', 'Copies and shots']]);
const FATES = { keep: 'Kept', reject: 'Rejected', open: '' };

/** Stars that can be pressed. @param {{id: number}} props */
function Stars({ id }) {
  const stars = choices.starsOf(id);
  return html`<span class="stars" role="group" aria-label=${`Stars of ${nameOf(id)}: ${stars}`}>${[1, 2, 3, 4, 5].map((n) => html`<button type="button" key=${n} tabindex="-1" class=${n <= stars ? 'on' : ''}
    aria-label=${countText(n, 'star')} aria-pressed=${String(n === stars)} disabled=${state.readOnly.value} onClick=${() => { look(id); runCommand(`stars-${n === stars ? 0 : n}`); }}>${n <= stars ? '★' : '☆'}</button>`)}</span>`;
}

/** @param {number} id */
function nameOf(id) {
  const { names } = state.shownCollection();
  void names.version.value;
  return names.nameOf(id);
}

/** A picture of the group. @param {{id: number, views: Together, judged: import('../data/best_of.js').Judged | undefined}} props */
function Pane({ id, views, judged }) {
  const isHere = cull.at.value === id, fate = choices.fateOf(id), collection = state.shownCollection();
  const isBest = judged?.best === id, isSoft = judged?.soft.has(id) ?? false;
  const name = nameOf(id), words = [name, choices.choiceText(id), isBest ? `suggested: ${judged?.reasons.join(', ')}` : isSoft ? 'less sharp' : ''].filter(Boolean).join(', ');
  const decide = (/** @type {string} */ command) => () => { look(id); runCommand(command); };
  return html`<li class=${`cull-pane ${fate} ${isHere ? 'here' : ''}`} aria-current=${isHere ? 'true' : null} aria-label=${words}
      onPointerDown=${() => { if (!isHere) look(id); }}>
    <div class="compare-stage"><${LargeImage} key=${id} id=${id} views=${views}/>
      ${fate !== 'open' && html`<span class=${`cull-badge ${fate}`}>${FATES[fate]}</span>`}
      ${isBest && html`<span class="cull-best" title="Faces and eyes are not judged">Suggested: ${judged?.reasons.join(', ')}</span>`}
      ${isSoft && html`<span class="cull-best soft-one" title="Compared with the sharpest of the group">Less sharp</span>`}</div>
    <div class="cull-facts"><p title=${name}><b>${name}</b> <span class="soft">${numberText(collection.widthPx(id))} × ${numberText(collection.heightPx(id))}</span></p>
      <${Stars} id=${id}/>
      ${!state.readOnly.value && html`<span class="row"><button type="button" class="button small" tabindex="-1" aria-pressed=${String(fate === 'keep')} title="Keep (p)" onClick=${decide('cull-keep')}><span aria-hidden="true">✓</span><span class="word">Keep</span></button>
        <button type="button" class="button small" tabindex="-1" aria-pressed=${String(fate === 'reject')} title="Reject (x)" onClick=${decide('cull-reject')}><span aria-hidden="true">✕</span><span class="word">Reject</span></button></span>`}</div></li>`;
}

/** All pictures of a group that does not fit on the screen. @param {{ids: readonly number[]}} props */
function Strip({ ids }) {
  const strip = useRef(/** @type {HTMLElement | null} */ (null)), collection = state.shownCollection(), at = cull.at.value;
  useEffect(() => { strip.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [at, ids]);
  return html`<ol class="cull-strip" ref=${strip} aria-label="All pictures of the group">${ids.map((id) => html`<li key=${id}><button type="button" tabindex="-1" class=${choices.fateOf(id)} aria-current=${id === at ? 'true' : null}
    aria-label=${[nameOf(id), choices.choiceText(id)].filter(Boolean).join(', ')} onClick=${() => look(id)}><img src=${thumbnail(collection.snapshot, id, 192)} alt="" loading="lazy"/></button></li>`)}</ol>`;
}

/** Number of columns that show pictures largest. @param {readonly number[]} aspects @param {number} width @param {number} height */
function bestColumns(aspects, width, height) {
  let best = 1, most = 0;
  for (let columns = 1; columns <= aspects.length; columns++) {
    const w = width / columns, h = height / Math.ceil(aspects.length / columns) - 44;
    const area = h > 0 ? aspects.reduce((sum, aspect) => sum + Math.min(w, h * aspect) ** 2 / aspect, 0) : 0;
    if (area > most) {
      most = area;
      best = columns;
    }
  }
  return best;
}

/** Loads the pictures of the next group. */
function useAhead() {
  const next = cull.groups.value[cull.index.value + 1];
  useEffect(() => {
    const collection = state.collection.peek();
    if (!next || !collection) return undefined;
    const timer = setTimeout(() => {
      for (const id of next.ids.slice(0, AHEAD)) {
        new Image().src = thumbnail(collection.snapshot, id, 384);
        new Image().src = screenSize(collection.snapshot, id);
      }
    }, NEXT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [next]);
}

/** The pictures that are on the screen: as many as fit, among them the current one. @param {readonly number[]} ids @param {number} width */
function onScreen(ids, width) {
  const most = MOST_SHOWN.find(([least]) => width >= least)?.[1] ?? 2;
  if (cull.isAlone.value) return [cull.at.value];
  if (ids.length <= most) return ids;
  const from = Math.floor(Math.max(0, ids.indexOf(cull.at.value)) / most) * most;
  return ids.slice(from, from + most);
}

/** A group. @param {{group: import('../state/cull.js').Group}} props */
function Group({ group }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [size, setSize] = useState({ width: innerWidth, height: innerHeight - 180 });
  const views = useMemo(() => new Together({ hasZero: false }), [group]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const ids = onScreen(group.ids, size.width), collection = state.shownCollection();
  const columns = bestColumns(ids.map((id) => collection.widthPx(id) / Math.max(1, collection.heightPx(id)) || 1), size.width, size.height);
  useEffect(() => { cull.columns.value = columns; }, [columns]);
  useEffect(() => { collection.names.fetch([...group.ids]); }, [group]);
  const judged = cull.judged.value.get(cull.keyOf(group));
  return html`<ul class="cull-panes" ref=${box} style=${{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }} aria-label=${group.title}>
      ${ids.map((id) => html`<${Pane} key=${id} id=${id} views=${views} judged=${judged}/>`)}</ul>
    ${ids.length < group.ids.length && html`<${Strip} ids=${group.ids}/>`}`;
}

/** What the current picture is, and what was chosen for it, for screen readers. */
function Spoken() {
  const group = cull.group.value, id = cull.at.value;
  if (!group || id < 0) return null;
  return html`<p class="unseen" aria-live="polite">${[nameOf(id), `${group.ids.indexOf(id) + 1} of ${group.ids.length}`, choices.choiceText(id)].filter(Boolean).join(', ')}</p>`;
}

/** Culling, if it is open. */
export function Cull() {
  useAhead();
  const group = cull.group.value;
  if (!cull.isOpen.value || !group || !state.collection.value) return null;
  const nGroups = cull.groups.value.length, nRejected = choices.rejected.value.length;
  const sources = SOURCES.filter(([name]) => name === cull.source.value || name === 'clusters' || name === 'copies' || hasTrips());
  return html`<${Modal} label="Cull" kind="compare cull" onClose=${closeCull}>
    <div class="dialog-title"><h2 tabindex="-1" data-first>${group.title} <span class="soft">${countText(group.ids.length, 'picture')} · group ${numberText(cull.index.value + 1)} of ${numberText(nGroups)}</span> <span class="soft decided">${numberText(cull.nDecided.value)} decided</span></h2>
      <div class="row"><label><span class="unseen">Groups</span><select value=${cull.source.value} onChange=${(/** @type {Event} */ e) => show(/** @type {Source} */ (/** @type {HTMLSelectElement} */ (e.target).value), cull.at.peek())}>
          ${sources.map(([name, label]) => html`<option value=${name} selected=${name === cull.source.value}>${label}</option>`)}
          ${!SOURCES.some(([name]) => name === cull.source.value) && html`<option value=${cull.source.value} selected>${cull.source.value === 'results' ? 'Search results' : 'Selection'}</option>`}</select></label>
        <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${closeCull}><${Icon} name="close"/></button></div></div>
    <${Group} key=${cull.keyOf(group)} group=${group}/>
    <div class="cull-foot"><div class="row">
        <button type="button" class="button" title="Previous group (k)" onClick=${() => runCommand('previous-cluster')}>‹ Group</button>
        <button type="button" class="button" title="Next group (j)" onClick=${() => runCommand('next-cluster')}>Group ›</button></div>
      ${!state.readOnly.value && html`<div class="row"><${CommandButton} id="cull-only" text="Keep only this one" kind="main"/><${CommandButton} id="cull-all" text="Keep all"/><${CommandButton} id="cull-none" text="Reject all"/></div>`}
      <div class="row"><${CommandButton} id="cull-alone" text=${cull.isAlone.value ? 'Show all' : 'Show one'}/><${CommandButton} id="undo" icon/>
        <${CommandButton} id="rejected" text=${`Rejected ${numberText(nRejected)}`}/></div></div>
    <${Spoken}/>
  </${Modal}>`;
}
