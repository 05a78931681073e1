/** The bar at the foot: the similarity slider, under the curve of the number of clusters. */
import { html, useRef } from '../core/preact.js';
import { countText, numberText, simText } from '../core/text.js';
import * as state from '../state/state.js';
import { CommandButton } from '../commands/buttons.js';
import { setMinSize, setSim } from '../commands/similarity.js';
import { Progress } from './notices.js';

/** The handle snaps to a suggestion that is nearer than this. */
const SNAP_PX = 7;
/** Choices for the number of pictures in the smallest cluster. */
const SMALLEST = [2, 3, 4, 5, 10, 20, 50, 100];
/** Size of the drawing in its own coordinates. */
const W = 1000, H = 100;

/** @param {number[]} xs in [0, 1] @param {number[]} ys in [0, 1] */
const lineThrough = (xs, ys) => xs.map((x, i) => `${(x * W).toFixed(1)} ${(H - 2 - ys[i] * (H - 6)).toFixed(1)}`).join(' L');

/** @param {{curve: import('../core/wire.js').Curve, sim: number}} props */
function CurveDrawing({ curve, sim }) {
  const n = state.collection.value?.n ?? 1;
  const most = Math.max(1, ...curve.n_clusters);
  const grouped = lineThrough(curve.sim, curve.n_grouped.map((v) => v / n));
  const clusters = lineThrough(curve.sim, curve.n_clusters.map((v) => v / most));
  const area = `M0 ${H} L${grouped} L${W} ${H}z`;
  return html`<svg class="curve" viewBox=${`0 0 ${W} ${H}`} preserveAspectRatio="none" aria-hidden="true">
    <defs><clipPath id="passed"><rect x="0" y="0" width=${sim * W} height=${H}/></clipPath></defs>
    <path class="area" d=${area}/><path class="area passed" d=${area} clip-path="url(#passed)"/>
    <path class="line" d=${`M${clusters}`}/><path class="line passed" d=${`M${clusters}`} clip-path="url(#passed)"/>
  </svg>`;
}

/** @param {{suggestions: import('../core/wire.js').Suggestion[]}} props */
function Stops({ suggestions }) {
  return html`<div class="stops">${suggestions.map((s) => html`<button type="button" class="stop" style=${{ left: `${s.sim * 100}%` }}
    aria-label=${`${s.label}: similarity ${simText(s.sim)}, ${countText(s.n_clusters, 'cluster')}`} title=${`${countText(s.n_clusters, 'cluster')}${s.unsure && `; unsure: ${s.unsure}`}`}
    aria-pressed=${Math.abs(state.sim.value - s.sim) < 1e-9 ? 'true' : 'false'} onClick=${() => setSim(s.sim)}>${s.label}</button>`)}</div>`;
}

/** The text beside the slider. */
function valueText() {
  const { nClusters, nGrouped, nSingle } = state.counts.value;
  return `${countText(nClusters, 'cluster')}, ${countText(nGrouped, 'picture')} in clusters, ${numberText(nSingle)} ungrouped`;
}

function Slider() {
  const track = useRef(/** @type {HTMLElement | null} */ (null));
  const sim = state.sim.value;
  const suggestions = state.curve.value?.suggestions ?? [];
  const moved = (/** @type {Event} */ event) => {
    let value = Number(/** @type {HTMLInputElement} */ (event.target).value);
    const width = track.current?.clientWidth ?? 1;
    const near = state.dragging.peek() && suggestions.find((s) => Math.abs(s.sim - value) * width < SNAP_PX);
    if (near) value = near.sim;
    setSim(value);
  };
  const dragging = (/** @type {boolean} */ on) => () => { state.dragging.value = on; };
  return html`<div class="slider" ref=${track}>
    ${suggestions.length > 0 && html`<${Stops} suggestions=${suggestions}/>`}
    <div class="track">
      ${state.curve.value && html`<${CurveDrawing} curve=${state.curve.value} sim=${sim}/>`}
      <div class="handle" style=${{ left: `${sim * 100}%` }}></div>
      <input id="sim" type="range" min="0" max="1" step="0.001" value=${sim} aria-label="Similarity" aria-valuetext=${`${simText(sim)}: ${valueText()}`}
        onInput=${moved} onPointerDown=${dragging(true)} onPointerUp=${dragging(false)} onPointerCancel=${dragging(false)}/>
    </div>
    <div class="ends" aria-hidden="true"><span>all together</span>${state.curve.value && html`<span class="legend"><i class="key-area"></i>pictures in clusters<i class="key-line"></i>number of clusters</span>`}<span>identical only</span></div>
  </div>`;
}

/** Shown in place of the slider while there are no clusters. */
function Waiting() {
  const run = state.run.value;
  return html`<section class="dock waiting" aria-label="Progress">
    ${run?.running ? html`<${Progress} run=${run}/>` : html`<p class="soft">${run?.error || 'These pictures are not clustered yet: run imagecluster on their folder.'}</p>`}
    <p class="soft">These are the pictures found so far. The slider appears once all of them have been clustered.</p>
  </section>`;
}

/** Chooses the size of the smallest cluster that is shown: the pictures of smaller ones are singles. */
function SmallestCluster() {
  const chosen = state.minSize.value;
  const choices = [...new Set([...SMALLEST, chosen])].sort((a, b) => a - b);
  return html`<label class="least" title="Smallest cluster that is shown"><span class="unseen">Smallest cluster size</span>
    <select value=${chosen} onChange=${(/** @type {Event} */ e) => setMinSize(Number(/** @type {HTMLSelectElement} */ (e.target).value))}>
      ${choices.map((least) => html`<option value=${least} selected=${least === chosen}>of ${least}+</option>`)}
    </select></label>`;
}

/** The unit of the large number: clusters, or the results of a search. */
function Numbers() {
  const { nClusters, nGrouped, nSingle } = state.counts.value;
  if (state.results.value) {
    return html`<div class="numbers"><b>${countText(nGrouped, 'result')}</b>
      <span class="soft">move the slider to leave the search</span></div>`;
  }
  return html`<div class="numbers"><span><b>${countText(nClusters, 'cluster')}</b><${SmallestCluster}/></span>
    <span class="soft">${numberText(nGrouped)} in clusters · ${numberText(nSingle)} ungrouped</span></div>`;
}

/** The foot bar. */
export function SliderBar() {
  if (!state.collection.value?.n) return null;
  if (state.server.value?.provisional) return html`<${Waiting}/>`;
  return html`<section class="dock" aria-label="Similarity">
    <div class="reading"><output for="sim" class="sim"><span class="sim-label">Similarity </span>${simText(state.sim.value)}</output>
      <${Numbers}/></div>
    <${Slider}/>
    ${state.branches.value.length > 0 && html`<div class="own"><${CommandButton} id="reset-branches" text="Reset custom splits"/></div>`}
  </section>`;
}
