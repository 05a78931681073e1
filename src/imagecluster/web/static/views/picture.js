/** One picture, large: zoom and pan, facts, similar pictures. */
import { html, useEffect, useState } from '../core/preact.js';
import { bytesText, countText, momentText, numberText, simText } from '../core/text.js';
import { askPicture, screenSize, thumbnail, whyPlaceholder } from '../data/api.js';
import { simOf } from '../data/scale.js';
import { clustersNow, titleOf } from '../state/clusters.js';
import * as state from '../state/state.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { closePicture, openCluster } from '../commands/navigate.js';
import { sectionOf } from '../commands/target.js';
import { LargeImage } from './large_image.js';
import { Modal } from './modal.js';

/** The picture itself is loaded first. */
const NEXT_AFTER_MS = 250;

/** @param {number} id @returns {import('../core/wire.js').PictureFacts | null} */
function useFacts(id) {
  const [known, setKnown] = useState(/** @type {{id: number, facts: import('../core/wire.js').PictureFacts} | null} */ (null));
  const collection = state.collection.value;
  useEffect(() => {
    if (id < 0 || !collection) return undefined;
    const stop = new AbortController();
    askPicture(collection.snapshot, id, stop.signal).then(
      (facts) => setKnown({ id, facts }),
      (error) => { if (!stop.signal.aborted) state.notify(error.message); },
    );
    return () => stop.abort();
  }, [id, collection]);
  return known?.id === id ? known.facts : null;
}

/** The picture, or its average colour until it has loaded. @param {{id: number, problem: string}} props */
function Stage({ id, problem }) {
  const [why, setWhy] = useState('');
  const small = thumbnail(state.shownCollection().snapshot, id, 384);
  // The file cannot be shown: its placeholder says why.
  const failed = () => { whyPlaceholder(small).then((reason) => setWhy(reason || 'The file cannot be shown; this is a small copy of it.')); };
  return html`<${LargeImage} id=${id} onError=${failed}>${(problem || why) && html`<p class="stage-notice" role="status">${problem || why}</p>`}</${LargeImage}>`;
}

/** @param {{rows: [string, unknown][]}} props */
function Facts({ rows }) {
  const there = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return html`<dl class="facts-list">${there.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** @param {number} latitude @param {number} longitude */
const placeText = (latitude, longitude) => `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}, ${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? 'W' : 'E'}`;

/** @param {{title: string, neighbours: import('../core/wire.js').Neighbour[]}} props */
function Neighbours({ title, neighbours }) {
  const collection = state.shownCollection();
  if (!neighbours.length) return null;
  return html`<section><h3>${title}</h3><ul class="neighbours">${neighbours.map((n) => html`<li key=${n.id}>
    <button type="button" style=${{ backgroundColor: collection.colour(n.id) }} onClick=${() => { state.openedPicture.value = n.id; state.active.value = n.id; }}
      aria-label=${`Similar picture, similarity ${simText(simOf(collection.scale, n.distance))}${n.points ? `, verified: ${n.points} matching points` : ''}`}
      title=${n.points ? `verified: ${n.points} matching points` : null}>
      <img src=${thumbnail(collection.snapshot, n.id, 192)} alt="" loading="lazy"/>
      <span>${simText(simOf(collection.scale, n.distance))}${n.points ? ' ✓' : ''}</span></button></li>`)}</ul></section>`;
}

/** @param {{id: number, facts: import('../core/wire.js').PictureFacts | null}} props */
function Side({ id, facts }) {
  if (!facts) return html`<aside class="side" aria-busy="true"></aside>`;
  const members = clusterOf(id);
  const place = facts.latitude !== null && facts.longitude !== null ? placeText(facts.latitude, facts.longitude) : '';
  const exif = Object.entries(facts.exif);
  return html`<aside class="side">
    <h2>${facts.name}</h2>
    <p class="soft path">${facts.folder || 'top folder'}</p>
    <${Facts} rows=${/** @type {[string, unknown][]} */ ([
    ['Taken', facts.taken_s === null ? '' : momentText(facts.taken_s)],
    ['Size', `${facts.width} × ${facts.height} · ${bytesText(facts.bytes)} · ${facts.format}`],
    ['Place', place],
    ['Also', facts.other_names.join(', ')],
    ['Note', facts.note],
    ['Problem', facts.problem],
    ['Cluster', members.size > 1 ? html`<button type="button" class="link" onClick=${() => openCluster({ id })}>${countText(members.size, 'picture')}</button>` : 'ungrouped'],
  ])}/>
    <div class="row">
      <${CommandButton} id="similar" text="Find similar"/><${CommandButton} id="reveal" icon/><${CommandButton} id="copy-path" icon/>
      <${CommandButton} id="open-cluster" icon context=${{ id }}/>
    </div>
    <${Neighbours} title="In its cluster" neighbours=${facts.neighbours.filter((n) => members.has(n.id))}/>
    <${Neighbours} title="Outside its cluster" neighbours=${facts.neighbours.filter((n) => !members.has(n.id))}/>
    ${exif.length > 0 && html`<details><summary>All camera data</summary><${Facts} rows=${exif}/></details>`}
  </aside>`;
}

/** Ids of the pictures in the same cluster. @param {number} id @returns {Set<number>} */
function clusterOf(id) {
  const collection = state.shownCollection();
  const clusters = state.arrangement.value && clustersNow(), s = sectionOf({ id });
  if (clusters && s >= 0 && clusters.numbers[s] > 0) {
    return new Set(Array.from(clusters.flat.subarray(clusters.from[s], clusters.to[s]), (p) => collection.order[p]));
  }
  const [from, to] = collection.clustering.runAt(collection.position[id]);
  return new Set(collection.order.subarray(from, to));
}

/** "Cluster 3 · 2 of 8", as the gallery shows it. @param {number} id */
function placeInCluster(id) {
  const arrangement = state.arrangement.value, { places } = state.shownCollection();
  const place = places.flatOf(id), s = places.sectionOf(id);
  if (!arrangement || s < 0) return '';
  const { from, to } = arrangement;
  return `${titleOf(arrangement, s)} · ${numberText(place - from[s] + 1)} of ${numberText(to[s] - from[s])}`;
}

/** Loads the neighbouring pictures ahead, so that they are there at once. @param {number} id */
function useNeighbours(id) {
  useEffect(() => {
    const collection = state.collection.peek();
    if (id < 0 || !collection) return undefined;
    const timer = setTimeout(() => {
      for (const way of /** @type {const} */ (['right', 'left'])) {
        const to = collection.places.neighbour(id, way);
        if (to < 0 || to === id) continue;
        new Image().src = thumbnail(collection.snapshot, to, 384);
        if (way === 'right') new Image().src = screenSize(collection.snapshot, to);
      }
    }, NEXT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [id]);
}

/** The large view. */
export function Picture() {
  const id = state.openedPicture.value;
  const facts = useFacts(id);
  const withFacts = state.withFacts.value;
  const toggleFacts = () => { state.withFacts.value = !state.withFacts.peek(); };
  useNeighbours(id);
  if (id < 0 || !state.collection.value) return null;
  const step = (/** @type {'left' | 'right'} */ way) => {
    const to = state.collectionNow().places.neighbour(id, way);
    if (to >= 0) {
      state.openedPicture.value = to;
      state.active.value = to;
    }
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') step(event.key === 'ArrowLeft' ? 'left' : 'right');
    else if (event.key === 'i') toggleFacts();
    else if (event.key === ' ' && !(event.target instanceof HTMLButtonElement)) closePicture();
    else return;
    event.preventDefault();
  };
  return html`<${Modal} label=${facts ? `Picture ${facts.name}` : 'Picture'} kind="picture" onClose=${closePicture} onKeyDown=${pressed}>
    <div class=${`picture-view ${withFacts ? '' : 'bare'}`}>
      <div class="picture-main" tabindex="-1" data-first>
        <${Stage} id=${id} key=${id} problem=${facts?.problem ?? ''}/>
        <p class="stage-place" aria-live="polite">${placeInCluster(id)}</p>
        <button type="button" class="turn before" aria-label="Previous picture" onClick=${() => step('left')}>‹</button>
        <button type="button" class="turn after" aria-label="Next picture" onClick=${() => step('right')}>›</button>
        <div class="picture-tools">
          <button type="button" class="button round" aria-pressed=${withFacts ? 'true' : 'false'} aria-label="Facts about the picture" title="Facts (i)" onClick=${toggleFacts}>i</button>
          <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${closePicture}><${Icon} name="close"/></button>
        </div>
      </div>
      ${withFacts && html`<${Side} id=${id} facts=${facts}/>`}
    </div>
  </${Modal}>`;
}
