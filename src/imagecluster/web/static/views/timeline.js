/** The timeline: one lane per cluster, with its pictures at their times. */
import { html, useEffect, useMemo, useRef, useState } from '../core/preact.js';
import { countText, spanText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import { span } from '../data/arrange.js';
import { titleOf } from '../state/clusters.js';
import * as state from '../state/state.js';
import { openCluster } from '../commands/navigate.js';

const LANE_PX = 56;
/** Width of a picture in its lane; one that is nearer to the previous picture is a line in its colour. */
const PICTURE_PX = 44;
const LEFT_PX = 210, NARROW_LEFT_PX = 120;

/** Steps of less than a day, in seconds. */
const SHORT_STEPS = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600];

/** Minutes, days, months or years on the axis. @param {number} from @param {number} to @param {number} width */
function ticks(from, to, width) {
  const most = Math.max(2, Math.floor(width / 90));
  const marks = [];
  const years = (to - from) / (365.25 * 86400);
  const months = years * 12;
  const step = [1, 3, 6, 12, 24, 60, 120, 240].find((m) => months / m <= most) ?? 480;
  if (to - from < 86400 * most / 2) {
    const seconds = SHORT_STEPS.find((s) => (to - from) / s <= most) ?? 86400;
    const form = /** @type {Intl.DateTimeFormatOptions} */ (to - from < 86400 ? { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }
      : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
    for (let t = Math.ceil(from / seconds) * seconds; t <= to; t += seconds) marks.push({ t, text: new Date(t * 1000).toLocaleString('en-GB', form) });
    return marks;
  }
  if (months < 1.5) {
    const days = Math.max(1, Math.ceil((to - from) / 86400 / most));
    for (let t = Math.ceil(from / 86400) * 86400; t <= to; t += days * 86400) {
      marks.push({ t, text: new Date(t * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }) });
    }
    return marks;
  }
  const start = new Date(from * 1000);
  for (let month = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step; ; month += step) {
    const t = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
    if (t > to) return marks;
    if (t >= from) {
      marks.push({ t, text: step % 12 === 0 ? String(Math.floor(month / 12))
        : new Date(t * 1000).toLocaleDateString('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' }) });
    }
  }
}

/** @param {{s: number, top: number, width: number, left: number, scale: (t: number) => number}} props */
function Lane({ s, top, width, left, scale }) {
  const collection = state.shownCollection();
  const arrangement = /** @type {import('../data/arrange.js').Arrangement} */ (state.arrangement.value);
  const columns = useMemo(() => {
    /** @type {Map<number, number>} */
    const idByColumn = new Map();
    let from = Infinity, to = -Infinity;
    for (let f = arrangement.from[s]; f < arrangement.to[s]; f++) {
      const id = collection.order[arrangement.flat[f]], taken = collection.takenS(id);
      if (Number.isNaN(taken)) continue;
      from = Math.min(from, taken);
      to = Math.max(to, taken);
      const column = Math.round(scale(taken) / 5) * 5;
      if (!idByColumn.has(column)) idByColumn.set(column, id);
    }
    const marks = [...idByColumn].sort(([a], [b]) => a - b);
    const pictures = [];
    let free = -Infinity;
    for (const [x, id] of marks) {
      if (x < free) continue;
      pictures.push({ x: Math.max(0, Math.min(width - PICTURE_PX, x - PICTURE_PX / 2)), id });
      free = pictures[pictures.length - 1].x + 1.5 * PICTURE_PX + 4;
    }
    return { marks, pictures, from, to };
  }, [arrangement, s, width]);
  const cover = collection.order[arrangement.flat[arrangement.from[s]]];
  const title = titleOf(arrangement, s), count = arrangement.to[s] - arrangement.from[s];
  const known = Number.isFinite(columns.from);
  return html`<button type="button" class="lane" style=${{ transform: `translateY(${top}px)` }} onClick=${() => openCluster({ section: s })}
    aria-label=${`${title}: ${countText(count, 'picture')}${known ? `, ${spanText(columns.from, columns.to)}` : ''}`}>
    <span class="lane-what" style=${{ width: `${left}px` }}><img src=${thumbnail(collection.snapshot, cover, 192)} alt="" style=${{ backgroundColor: collection.colour(cover) }}/>
      <span><b>${title}</b><span class="soft">${countText(count, 'picture')}</span></span></span>
    <span class="lane-time" style=${{ width: `${width}px` }}><svg width=${width} height="40" aria-hidden="true">
      ${known && html`<line x1=${scale(columns.from)} x2=${scale(columns.to)} y1="20" y2="20"/>`}
      ${columns.marks.map(([x, id]) => html`<rect x=${x - 2} y="6" width="4" height="28" rx="1.5" fill=${collection.colour(id)}/>`)}</svg>
      ${columns.pictures.map(({ x, id }) => html`<img key=${id} src=${thumbnail(collection.snapshot, id, 192)} alt="" loading="lazy" style=${{ left: `${x}px`, backgroundColor: collection.colour(id) }}/>`)}</span>
  </button>`;
}

/** The timeline as a component. */
export function Timeline() {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const [top, setTop] = useState(0);
  const [box, setBox] = useState({ width: 1000, height: 800 });
  const collection = state.collection.value, arrangement = state.arrangement.value;
  const [from, to] = useMemo(() => (collection ? span(collection) : [0, 1]), [collection]);
  useEffect(() => {
    if (!scroller.current) return undefined;
    const element = scroller.current;
    const watch = new ResizeObserver(() => setBox({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const lanes = arrangement ? arrangement.k - (arrangement.hasSingles ? 1 : 0) : 0;
  const left = box.width < 640 ? NARROW_LEFT_PX : LEFT_PX;
  const width = Math.max(60, box.width - left - 48);
  const scale = (/** @type {number} */ t) => 6 + ((t - from) / Math.max(1, to - from)) * (width - 12);
  const marks = ticks(from, to, width);
  const first = Math.max(0, Math.floor(top / LANE_PX) - 4), last = Math.min(lanes, Math.ceil((top + box.height) / LANE_PX) + 4);
  return html`<main class="scroller timeline" aria-label="Clusters over time" tabindex="-1" ref=${scroller}
    onScroll=${(/** @type {Event} */ e) => setTop(/** @type {HTMLElement} */ (e.target).scrollTop)}>
    <div class="axis" style=${{ paddingLeft: `${left}px` }}><div>${marks.map(({ t, text }) => html`<span style=${{ left: `${scale(t)}px` }}>${text}</span>`)}</div></div>
    <div class="lanes" style=${{ height: `${lanes * LANE_PX}px` }}>
      ${marks.map(({ t }) => html`<i class="lane-tick" style=${{ left: `${left + scale(t)}px` }}></i>`)}
      ${Array.from({ length: Math.max(0, last - first) }, (_, i) => html`<${Lane} key=${first + i} s=${first + i} top=${(first + i) * LANE_PX} width=${width} left=${left} scale=${scale}/>`)}
    </div>
  </main>`;
}
