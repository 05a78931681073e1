/** One cluster: its dendrogram, why it is together, and what it would join next. */
import { html, useEffect, useState } from '../core/preact.js';
import { countText, numberText, simText } from '../core/text.js';
import { askCluster, thumbnail } from '../data/api.js';
import { joinedAt, parentOf } from '../data/cut.js';
import { closeness, simOf } from '../data/scale.js';
import { clustersNow } from '../state/clusters.js';
import * as state from '../state/state.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { openPicture } from '../commands/navigate.js';
import { setSim, whyNoMore } from '../commands/similarity.js';
import { Modal } from './modal.js';
import { Tree } from './tree.js';

/** Number of pictures shown of those that would join next. */
const MOST_NEXT = 6;

/** @param {{id: number, label?: string}} props */
function Thumb({ id, label = 'Picture of the cluster' }) {
  const collection = state.shownCollection();
  return html`<button type="button" class="thumb" style=${{ backgroundColor: collection.colour(id) }} aria-label=${label} onClick=${() => openPicture({ id })}>
    <img src=${thumbnail(collection.snapshot, id, 192)} alt="" loading="lazy"/></button>`;
}

/** Reserves the place of pictures that are still being searched for. @param {{title: string, count: 1 | 2}} props */
function Sought({ title, count }) {
  return html`<figure class=${count === 1 ? 'pair one' : 'pair'}><div>${Array.from({ length: count }, () => html`<span class="thumb"></span>`)}</div>
    <figcaption><b>${title}</b><span class="soft">similarity…</span></figcaption></figure>`;
}

/** @param {{title: string, pair: import('../core/wire.js').Pair | null | undefined, unsure: string}} props */
function Pair({ title, pair, unsure }) {
  if (pair === undefined) return html`<${Sought} title=${title} count=${2}/>`;
  const collection = state.shownCollection();
  if (!pair) return null;
  return html`<figure class="pair"><div><${Thumb} id=${pair[0]}/><${Thumb} id=${pair[1]}/></div>
    <figcaption><b>${title}</b><span class="soft">similarity ${simText(simOf(collection.scale, pair[2]))}${!pair[3] && unsure}</span></figcaption></figure>`;
}

/** Two pictures that are sure to show the same thing. @param {{found: import('../core/wire.js').Verified}} props */
function Verified({ found }) {
  const { pair, points, n_pairs: nPairs } = found;
  return html`<figure class="pair verified"><div><${Thumb} id=${pair[0]}/><${Thumb} id=${pair[1]}/></div>
    <figcaption><b>Verified</b><span class="soft">${countText(points, 'matching point')}${nPairs > 1 && `; ${numberText(nPairs)} verified pairs in all`}</span></figcaption></figure>`;
}

/** @param {{from: number, to: number, next: import('../data/cut.js').Branch | null}} props */
function Next({ from, to, next }) {
  const collection = state.shownCollection();
  if (!next) return html`<p>${whyNoMore([from, to])}</p>`;
  const others = [...collection.order.subarray(next.from, from), ...collection.order.subarray(to, next.to)];
  const sim = simOf(collection.scale, next.height);
  return html`<p>It joins ${countText(others.length, 'more picture')} at similarity <button type="button" class="link" onClick=${() => setSim(Math.floor(sim * 1000) / 1000)}>${simText(Math.floor(sim * 1000) / 1000)}</button>:</p>
    <ul class="strip">${others.slice(0, MOST_NEXT).map((id) => html`<li key=${id}><${Thumb} id=${id} label="Picture that would join"/></li>`)}
      ${others.length > MOST_NEXT && html`<li class="more">+${numberText(others.length - MOST_NEXT)}</li>`}</ul>`;
}

/** Smaller differences in similarity are not worth a sentence. */
const MUCH = 0.03;

/** How far the cut by branch moved a cluster, if it did so by much. @param {{distance: number, sim: number}} props */
function ByBranch({ distance, sim }) {
  const flat = simOf(state.shownCollection().scale, distance);
  if (Math.abs(flat - sim) < MUCH) return null;
  return html` By distance alone they would join at <b>${simText(flat)}</b>: ${sim > flat
    ? 'they stand apart from all others, and so stay together longer.'
    : 'they fade into others, and so are divided sooner.'}`;
}

/** @param {{cluster: state.OpenCluster}} props */
function About({ cluster }) {
  const collection = state.shownCollection();
  const { from, to, section } = cluster;
  const [facts, setFacts] = useState(/** @type {import('../core/wire.js').ClusterFacts | null} */ (null));
  useEffect(() => {
    const stop = new AbortController();
    setFacts(null);
    askCluster(collection.snapshot, from, to, stop.signal).then(setFacts, (error) => {
      if (stop.signal.aborted) return;
      setFacts({ closest: null, farthest: null, nearest_outside: null, verified: null });
      state.notify(error.message);
    });
    return () => stop.abort();
  }, [from, to, collection]);
  const height = joinedAt(collection.gap, from, to), distance = joinedAt(collection.distances, from, to);
  const next = parentOf(collection.gap, from, to);
  const sim = simOf(collection.scale, height);
  const until = next ? simOf(collection.scale, next.height) : 0;
  return html`<div class="about">
    <div class="about-why">
      <section><h3>Why these belong together</h3>
        <p>${height === Infinity ? 'It was put together by hand: no similarity joins these pictures within the bounds of the latest run (--within, --max-diameter).' : height === 0 ? 'Its pictures have the same fingerprint.'
    : html`${to - from === 2 ? 'The two join at a distance' : `All ${numberText(to - from)} join at a mean distance`} of ${distance.toFixed(3)} (${closeness(height, collection.scale)}). From similarity <b>${simText(sim)}</b> down to <b>${simText(until)}</b> they are exactly this cluster.<${ByBranch} distance=${distance} sim=${sim}/>`}</p>
        <div class="pairs"><${Pair} title=${to - from === 2 ? 'The two' : 'Closest two'} pair=${facts?.closest} unsure="; others may be closer"/>
          ${to - from > 2 && html`<${Pair} title="Farthest two" pair=${facts?.farthest} unsure="; others may be a little farther"/>`}
          ${facts?.verified && html`<${Verified} found=${facts.verified}/>`}</div>
      </section>
      <section><h3>What would join next</h3><${Next} from=${from} to=${to} next=${next}/>
        ${!facts && next && html`<${Sought} title="Nearest picture outside" count=${1}/>`}
        ${facts?.nearest_outside && html`<figure class="pair one"><div><${Thumb} id=${facts.nearest_outside.id} label="Nearest picture outside"/></div>
          <figcaption><b>Nearest picture outside</b><span class="soft">similarity ${simText(simOf(collection.scale, facts.nearest_outside.distance))}${!facts.nearest_outside.exact && '; others may be nearer'}</span></figcaption></figure>`}
      </section>
      <div class="row wrap"><${CommandButton} id="split-cluster" text="Split" context=${{ section }}/><${CommandButton} id="join-cluster" text="Join with nearest" context=${{ section }}/>
        <${CommandButton} id="name-cluster" text="Name" context=${{ section }}/><${CommandButton} id="select-cluster" text="Select" context=${{ section }}/></div>
    </div>
    <section class="about-tree"><h3>Dendrogram</h3><${Tree} from=${from} to=${to}/></section>
  </div>`;
}

/** The open cluster, if any. */
export function Cluster() {
  const cluster = state.openedCluster.value, arrangement = state.arrangement.value && clustersNow();
  if (!cluster || !state.collection.value || !arrangement) return null;
  const close = () => { state.openedCluster.value = null; };
  const name = arrangement.names.get(cluster.section);
  const title = name ?? (arrangement.numbers[cluster.section] ? `Cluster ${arrangement.numbers[cluster.section]}` : 'Cluster');
  return html`<${Modal} label=${title} kind="wide" onClose=${close}>
    <div class="dialog-title"><h2 tabindex="-1" data-first>${title} <span class="soft">${countText(cluster.to - cluster.from, 'picture')}</span></h2>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${close}><${Icon} name="close"/></button></div>
    <${About} cluster=${cluster} key=${`${cluster.from}-${cluster.to}`}/>
  </${Modal}>`;
}
