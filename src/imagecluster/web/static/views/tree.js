/** A small dendrogram with pictures: leaves at the left, joins to the right by the distance at which they happen. */
import { html } from '../core/preact.js';
import { simText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import { treeOf } from '../data/cut.js';
import { simOf } from '../data/scale.js';
import * as state from '../state/state.js';
import { openPicture } from '../commands/navigate.js';

/** Largest number of leaves: larger clusters are drawn with one leaf for each of their tightest parts. */
const MOST_LEAVES = 48;
const WIDTH = 420;
/** With few leaves there is room for larger pictures: height of a row and of its picture, and start of the lines. */
const rowOf = (/** @type {number} */ leaves) => (leaves <= 9 ? { ROW: 58, PIC: 52, LEFT: 76 } : { ROW: 34, PIC: 30, LEFT: 46 });

/**
 * Parts of a run at the height at which there are at most `most` of them.
 * @param {Float64Array} gap @param {number} from @param {number} to @param {number} most
 * @returns {{starts: number[], gaps: Float64Array}}
 */
export function parts(gap, from, to, most) {
  const inner = Array.from(gap.subarray(from, to - 1));
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

/** @param {{from: number, to: number}} props */
export function Tree({ from, to }) {
  const collection = state.shownCollection();
  const { starts, gaps } = parts(collection.gap, from, to, MOST_LEAVES);
  const m = starts.length;
  const { ROW, PIC, LEFT } = rowOf(m);
  const merges = treeOf(gaps, 0, m);
  const tallest = merges.length ? merges[merges.length - 1].height : 0;
  const x = (/** @type {number} */ h) => LEFT + 8 + (tallest > 0 ? h / tallest : 0) * (WIDTH - LEFT - 60);
  const middles = starts.map((_, i) => i * ROW + ROW / 2), ends = starts.map(() => LEFT);
  const lines = merges.map(({ left, right, height }) => {
    const at = x(height), a = middles[left], b = middles[right];
    middles.push((a + b) / 2);
    ends.push(at);
    return { d: `M${ends[left]} ${a} H${at} V${b} H${ends[right]}`, sim: simOf(collection.scale, height) };
  });
  const size = (/** @type {number} */ i) => (i + 1 < m ? starts[i + 1] : to) - starts[i];
  return html`<div class="tree" tabindex="0" role="region" aria-label="Dendrogram"><div class="tree-sheet" style=${{ height: `${m * ROW}px` }}>
    <svg width=${WIDTH} height=${m * ROW} viewBox=${`0 0 ${WIDTH} ${m * ROW}`} aria-hidden="true">
      ${lines.map(({ d, sim }) => html`<path d=${d}><title>together at similarity ${simText(sim)} and below</title></path>`)}
      ${merges.length > 0 && html`<text x=${WIDTH - 48} y=${middles[middles.length - 1] + 4}>${simText(simOf(collection.scale, tallest))}</text>`}
    </svg>
    ${starts.map((start, i) => html`<button type="button" key=${start} class="leaf" style=${{ top: `${i * ROW + (ROW - PIC) / 2}px`, width: `${LEFT - 8}px`, height: `${PIC}px`, backgroundColor: collection.colour(collection.order[start]) }}
      aria-label=${size(i) > 1 ? `${size(i)} pictures` : 'One picture'} onClick=${() => openPicture({ id: collection.order[start] })}>
      <img src=${thumbnail(collection.snapshot, collection.order[start], 192)} alt="" loading="lazy"/>${size(i) > 1 && html`<span>${size(i)}</span>`}</button>`)}
  </div></div>`;
}
