/** A small dendrogram with pictures: leaves at the left, joins to the right by the mean distance at which they happen. */
import { html } from '../core/preact.js';
import { simText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import { joinedAt, nextDistance, treeOf } from '../data/cut.js';
import { heightOf, simOf } from '../data/scale.js';
import * as state from '../state/state.js';
import { openPicture } from '../commands/navigate.js';

/** Largest number of leaves: larger clusters are drawn with one leaf for each of their tightest parts. */
const MOST_LEAVES = 48;
const WIDTH = 420;
/** With few leaves there is room for larger pictures: height of a row and of its picture, and start of the lines. */
const rowOf = (/** @type {number} */ leaves) => (leaves <= 9 ? { ROW: 58, PIC: 52, LEFT: 76 } : { ROW: 34, PIC: 30, LEFT: 46 });

/** The line of a flat cut is drawn up to this multiple of the distance of the last join. */
const FAR = 1.6;

/**
 * Parts of a run at the distance at which there are at most `most` of them.
 * @param {ArrayLike<number>} distances @param {number} from @param {number} to @param {number} most
 * @returns {{starts: number[], gaps: Float64Array}}
 */
export function parts(distances, from, to, most) {
  const inner = Array.from(distances).slice(from, to - 1);
  const limit = inner.length < most ? -1 : inner.slice().sort((a, b) => b - a)[most - 1];
  const starts = [from];
  /** @type {number[]} */
  const between = [];
  inner.forEach((g, i) => {
    if (g > limit) {
      starts.push(from + i + 1);
      between.push(g);
    }
  });
  return { starts, gaps: Float64Array.from(between) };
}

/**
 * What the dashed line says of a cluster that is cut by branch.
 * @param {number} distance at which it came together @param {number} next at which it joins others @param {number} line
 */
function asideOf(distance, next, line) {
  if (distance > line) return 'This cluster stands apart and is kept together beyond it.';
  if (next <= line) return 'This cluster is kept apart from others that are nearer than that.';
  return 'This cluster is the same there.';
}

/** @param {{from: number, to: number}} props */
export function Tree({ from, to }) {
  const collection = state.shownCollection();
  const { starts, gaps } = parts(collection.distances, from, to, MOST_LEAVES);
  const m = starts.length;
  const { ROW, PIC, LEFT } = rowOf(m);
  const merges = treeOf(gaps, 0, m);
  // What only a person put together joins at infinity, and is drawn a little above everything else.
  const reach = 1.25 * merges.reduce((most, { height }) => (height < Infinity ? Math.max(most, height) : most), 0) || 1;
  const tallest = merges.length ? Math.min(merges[merges.length - 1].height, reach) : 0;
  const next = nextDistance(collection.distances, from, to);
  const sim = state.sim.value;
  const flat = heightOf(collection.scale, sim);
  const hasLine = collection.cut === 'branch' && tallest > 0 && sim > 0 && flat <= FAR * Math.max(tallest, Math.min(next, FAR * tallest));
  const most = Math.max(tallest, hasLine ? 1.04 * flat : 0, Math.min(next, FAR * tallest));
  const x = (/** @type {number} */ h) => LEFT + 8 + (most > 0 ? Math.min(1, h / most) : 0) * (WIDTH - LEFT - 24);
  const middles = starts.map((_, i) => i * ROW + ROW / 2), ends = starts.map(() => LEFT);
  const lines = merges.map(({ left, right, height }) => {
    const at = x(Math.min(height, reach)), a = middles[left], b = middles[right];
    middles.push((a + b) / 2);
    ends.push(at);
    return { d: `M${ends[left]} ${a} H${at} V${b} H${ends[right]}`, height };
  });
  const root = middles[middles.length - 1], height = joinedAt(collection.gap, from, to);
  const size = (/** @type {number} */ i) => (i + 1 < m ? starts[i + 1] : to) - starts[i];
  return html`<div class="tree" tabindex="0" role="region" aria-label="Dendrogram"><div class="tree-sheet" style=${{ height: `${m * ROW}px` }}>
    <svg width=${WIDTH} height=${m * ROW} viewBox=${`0 0 ${WIDTH} ${m * ROW}`} aria-hidden="true">
      ${hasLine && html`<path class="tree-line" d=${`M${x(flat)} 0 V${m * ROW}`}><title>where a flat cut at similarity ${simText(sim)} would be</title></path>`}
      ${lines.map(({ d, height: at }) => html`<path d=${d}><title>${at === Infinity ? 'put together by hand' : `joined at a mean distance of ${at.toFixed(3)}`}</title></path>`)}
      ${merges.length > 0 && html`<path class="trunk" d=${`M${x(tallest)} ${root} H${x(next)}`}><title>${next === Infinity ? 'joins nothing further' : `joins others at a mean distance of ${next.toFixed(3)}`}</title></path>
        <text x=${x(tallest) + 4} y=${root - 5}>${simText(simOf(collection.scale, height))}</text>`}
    </svg>
    ${starts.map((start, i) => html`<button type="button" key=${start} class="leaf" style=${{ top: `${i * ROW + (ROW - PIC) / 2}px`, width: `${LEFT - 8}px`, height: `${PIC}px`, backgroundColor: collection.colour(collection.order[start]) }}
      aria-label=${size(i) > 1 ? `${size(i)} pictures` : 'One picture'} onClick=${() => openPicture({ id: collection.order[start] })}>
      <img src=${thumbnail(collection.snapshot, collection.order[start], 192)} alt="" loading="lazy"/>${size(i) > 1 && html`<span>${size(i)}</span>`}</button>`)}
  </div></div>
  ${hasLine && html`<p class="soft tree-key">Dashed: the distance of a flat cut at similarity ${simText(sim)}. ${asideOf(tallest, next, flat)}</p>`}`;
}
