/** The gallery's window on the layout: puts the tiles and heads that are in sight where they belong. */
import { Layout } from '../data/layout.js';
import { Heads } from './heads.js';
import { ScrollBox } from './scrollbox.js';
import { Tiles } from './tiles.js';

/** Rows beyond the edges of the window that are kept ready, in windows. */
const OVERSCAN = 0.6;

const MISSING = 0xffffffff;

/** With more pictures only what is near the window is laid out while the slider moves, if the window is at the top. */
const MOST_LAID_OUT = 200_000;

const ROW_PX = { S: 104, M: 168, L: 280 };

/** @param {number} width of the gallery @param {import('../state/state.js').SizeName} size @returns {import('../data/layout.js').Measures} */
export function measures(width, size) {
  const narrow = width < 640;
  const rowPx = Math.round(ROW_PX[size] * (narrow ? 0.72 : 1));
  return {
    width, rowPx, gapPx: narrow ? 4 : 6, headPx: 44, bandGapPx: narrow ? 20 : 28,
    leastPx: Math.min(width, Math.max(190, rowPx)),
  };
}

/** Draws one collection. */
export class Grid {
  /**
   * @param {HTMLElement} scroller @param {HTMLElement} box @param {HTMLElement} stuck place of the sticky head
   * @param {import('../data/collection.js').Collection} collection
   */
  constructor(scroller, box, stuck, collection) {
    this.collection = collection;
    this.scroll = new ScrollBox(scroller, box);
    this.layout = new Layout(collection.aspect);
    this.tiles = new Tiles(box, collection);
    this.heads = new Heads(box, stuck, collection);
    /** @type {import('../data/arrange.js').Arrangement | null} */
    this.arrangement = null;
    this.selection = /** @type {ReadonlySet<number>} */ (new Set());
    this.active = -1;
    /** ids in sight, top to bottom */
    this.visible = /** @type {number[]} */ ([]);
    /** first picture whose upper edge is in sight; -1 where there is none */
    this.first = -1;
    /** place in `flat` of each position, or MISSING; brought up to date when first asked for */
    this.places = new Uint32Array(collection.n);
    this.placesOf = /** @type {import('../data/arrange.js').Arrangement | null} */ (null);
    this.paddingPx = 0;
    /** whether the edges of the window are still to be drawn */
    this.unfinished = false;
    /** picture and section that another view points at; -1 for none */
    this.pointedId = -1;
    this.pointedSection = -1;
    this.wash = document.createElement('div');
    this.wash.className = 'section-wash';
    this.wash.hidden = true;
    box.append(this.wash);
  }

  /**
   * A new arrangement or another size. The picture `keep` stays where it is in the window, if it is in sight.
   * @param {import('../data/arrange.js').Arrangement} arrangement @param {import('../data/layout.js').Measures} measures
   * @param {number} viewport @param {number} keep @param {boolean} hurried as in `draw`
   */
  update(arrangement, measures, viewport, keep, hurried) {
    const before = keep >= 0 && this.arrangement && this.scroll.top > 40 ? this.placeOf(keep) : null;
    const inWindow = before ? before.y - this.scroll.top : 0;
    this.arrangement = arrangement;
    const enough = this.collection.n > MOST_LAID_OUT && !before && this.scroll.top <= 40 ? 3 * viewport : Infinity;
    this.layout.update(arrangement, measures, enough);
    this.scroll.resize(this.layout.height + this.paddingPx, viewport);
    const after = before ? this.placeOf(keep) : null;
    if (after) this.scroll.scrollTo(after.y - inWindow);
    this.draw(hurried);
    this.unfinished = hurried;
  }

  /** Lays out and draws what was left for later. */
  complete() {
    this.layout.complete();
    this.scroll.resize(this.layout.height + this.paddingPx, this.scroll.viewport);
    if (!this.unfinished) return;
    this.unfinished = false;
    this.draw();
  }

  /** Draws what is in sight. @param {boolean} [hurried] without what lies beyond the edges of the window, and at once */
  draw(hurried = false) {
    const { layout, scroll, arrangement } = this;
    if (!arrangement) return;
    const margin = hurried ? 0 : OVERSCAN * scroll.viewport;
    const from = scroll.top - margin, to = scroll.top + scroll.viewport + margin;
    const { gapPx, headPx } = layout.measures;
    this.heads.begin();
    this.visible = [];
    this.first = -1;
    /** @type {import('./tiles.js').Spot[]} */
    const spots = [];
    for (let s = layout.sectionAt(from); s < layout.laid && layout.top[s] < to; s++) {
      this.heads.put(s, arrangement, layout, scroll.offset);
      const top = layout.top[s] + headPx, rowPx = layout.rowPx[s];
      const first = Math.max(layout.firstRow[s], layout.firstRow[s] + Math.floor((from - top) / (rowPx + gapPx)));
      const last = Math.min(layout.firstRow[s + 1], layout.firstRow[s] + Math.ceil((to - top) / (rowPx + gapPx)));
      for (let row = first; row < last; row++) this.#addRow(spots, s, row);
    }
    this.heads.end(arrangement, layout, scroll);
    this.#placeWash();
    const kept = document.activeElement?.classList.contains('tile') ? this.#addFocused(spots) : -1;
    this.tiles.show(spots, kept, !hurried);
    for (const tile of this.tiles.shown.values()) this.#mark(tile);
  }

  /**
   * The picture with the focus keeps it out of sight too: it is put where it belongs.
   * @param {import('./tiles.js').Spot[]} spots @returns {number} its id, or -1
   */
  #addFocused(spots) {
    const { active, layout, scroll } = this;
    if (spots.some(({ id }) => id === active)) return active;
    const place = this.placeOf(active);
    if (!place) return -1; // it was hidden: nothing is left to keep
    const rowPx = layout.rowPx[place.s];
    // Inside the box, which may be lower than the content.
    const y = Math.max(0, Math.min(place.y + scroll.offset, scroll.boxHeight - rowPx));
    spots.push({ id: active, x: place.x, y, width: place.width, height: rowPx });
    return active;
  }

  /** @param {import('./tiles.js').Spot[]} spots @param {number} s @param {number} row */
  #addRow(spots, s, row) {
    const { layout, scroll, collection } = this;
    const arrangement = /** @type {import('../data/arrange.js').Arrangement} */ (this.arrangement);
    const y = layout.rowTop(s, row), height = layout.rowPx[s];
    const inSight = y + height > scroll.top && y < scroll.top + scroll.viewport;
    let f = layout.rowFrom[row];
    for (const { left, width } of layout.tiles(s, row)) {
      const id = collection.order[arrangement.flat[f++]];
      if (inSight) this.visible.push(id);
      if (inSight && y >= scroll.top && this.first < 0) this.first = id;
      spots.push({ id, x: left, y: y + scroll.offset, width, height });
    }
  }

  /** Marks what another view points at. @param {number} id @param {number} section */
  point(id, section) {
    if (id === this.pointedId && section === this.pointedSection) return;
    this.pointedId = id;
    this.pointedSection = section;
    for (const tile of this.tiles.shown.values()) this.#mark(tile);
    this.#placeWash();
  }

  /** Puts the wash behind the section that is pointed at, as far as it is near the window. */
  #placeWash() {
    const { layout, scroll, wash, arrangement, pointedSection: s } = this;
    // Those on their own are no cluster.
    const end = arrangement ? arrangement.k - (arrangement.hasSingles ? 1 : 0) : 0;
    wash.hidden = s < 0 || s >= Math.min(end, layout.laid);
    if (wash.hidden) return;
    const from = Math.max(layout.top[s], scroll.top - scroll.viewport);
    const to = Math.min(layout.top[s] + layout.sectionHeight(s), scroll.top + 2 * scroll.viewport);
    wash.style.transform = `translate(${layout.left[s]}px, ${from + scroll.offset}px)`;
    wash.style.width = `${layout.width[s]}px`;
    wash.style.height = `${Math.max(0, to - from)}px`;
  }

  /** Section of a picture; -1 where it is not shown. @param {number} id */
  sectionOf(id) {
    const place = this.flatOf(id);
    return place < 0 ? -1 : this.layout.sectionOf(place);
  }

  /** Takes all elements away. */
  clear() {
    this.tiles.clear();
    this.heads.clear();
    this.wash.remove();
  }

  /** @param {import('./tiles.js').Tile} tile */
  #mark(tile) {
    tile.element.classList.toggle('pointed', tile.id === this.pointedId);
    const pressed = this.selection.has(tile.id) ? 'true' : 'false';
    if (tile.element.getAttribute('aria-pressed') !== pressed) tile.element.setAttribute('aria-pressed', pressed);
    const index = tile.id === this.active ? 0 : -1;
    if (tile.element.tabIndex !== index) tile.element.tabIndex = index;
  }

  /** Marks what is selected and what the keys act on. @param {ReadonlySet<number>} selection @param {number} active */
  mark(selection, active) {
    this.selection = selection;
    this.active = active;
    for (const tile of this.tiles.shown.values()) this.#mark(tile);
  }

  /** Place in `flat` of a picture; -1 where it is not shown. @param {number} id */
  flatOf(id) {
    const arrangement = this.arrangement;
    if (!arrangement || id < 0 || id >= this.collection.n) return -1;
    if (this.placesOf !== arrangement) {
      this.placesOf = arrangement;
      const { flat, from, to, k, runs, hidden } = arrangement;
      const { n } = this.collection;
      if (runs) this.places.set(flat.subarray(0, n));
      else this.places.fill(MISSING);
      for (let s = 0; s < k; s++) if (!runs || from[s] >= n) for (let f = from[s]; f < to[s]; f++) this.places[flat[f]] = f;
      for (const p of hidden) this.places[p] = MISSING;
    }
    const place = this.places[this.collection.position[id]];
    return place === MISSING ? -1 : place;
  }

  /** Where a picture lies in the content. @param {number} id */
  placeOf(id) {
    const f = this.flatOf(id);
    const s = f < 0 ? -1 : this.layout.sectionOf(f);
    if (s < 0) return null;
    if (s >= this.layout.laid) this.complete();
    const row = this.layout.rowOf(s, f);
    const tile = this.layout.tiles(s, row)[f - this.layout.rowFrom[row]];
    return { s, row, f, x: tile.left, width: tile.width, y: this.layout.rowTop(s, row) };
  }

  /** Scrolls just so far that a picture is in sight. @param {number} id @param {boolean} [toTop] with its head at the top */
  reveal(id, toTop = false) {
    const place = this.placeOf(id);
    if (!place) return;
    const { top, viewport } = this.scroll;
    const { headPx } = this.layout.measures;
    const rowPx = this.layout.rowPx[place.s];
    const least = place.y - headPx, most = place.y + rowPx + 16 - (viewport - this.paddingPx);
    if (toTop || least < top) this.scroll.scrollTo(least);
    else if (most > top) this.scroll.scrollTo(most);
    this.draw();
  }

  /**
   * The picture to which a key leads.
   * @param {number} id @param {'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'next' | 'previous'} way
   */
  neighbour(id, way) {
    this.complete();
    const arrangement = this.arrangement;
    const place = this.placeOf(id);
    if (!arrangement || !arrangement.k) return -1;
    const idAt = (/** @type {number} */ f) => this.collection.order[arrangement.flat[f]];
    const last = arrangement.k - 1;
    if (way === 'last') return idAt(arrangement.to[last] - 1);
    if (!place || way === 'first') return idAt(arrangement.from[0]);
    const { s, f } = place;
    if (way === 'next') return idAt(arrangement.from[Math.min(last, s + 1)]);
    if (way === 'previous') return idAt(arrangement.from[f > arrangement.from[s] ? s : Math.max(0, s - 1)]);
    if (way === 'right') return f + 1 < arrangement.to[s] ? idAt(f + 1) : s < last ? idAt(arrangement.from[s + 1]) : id;
    if (way === 'left') return f > arrangement.from[s] ? idAt(f - 1) : s > 0 ? idAt(arrangement.to[s - 1] - 1) : id;
    return this.#vertical(place, way === 'down' ? 1 : -1) ?? id;
  }

  /** @param {{s: number, row: number, x: number, width: number, y: number}} place @param {1 | -1} step */
  #vertical(place, step) {
    const { layout } = this;
    const arrangement = /** @type {import('../data/arrange.js').Arrangement} */ (this.arrangement);
    const middle = place.x + place.width / 2;
    let best = null, least = Infinity, bestTop = 0;
    let { s, row } = place;
    while (s >= 0 && s < arrangement.k) {
      row += step;
      if (row < layout.firstRow[s] || row >= layout.firstRow[s + 1]) {
        s += step;
        if (s < 0 || s >= arrangement.k) break;
        row = step > 0 ? layout.firstRow[s] : layout.firstRow[s + 1] - 1;
      }
      const y = layout.rowTop(s, row);
      if (y === place.y) continue;
      if (best !== null && y !== bestTop) break;
      bestTop = y;
      layout.tiles(s, row).forEach(({ left, width }, i) => {
        const away = Math.abs(left + width / 2 - middle);
        if (away < least) {
          least = away;
          best = this.collection.order[arrangement.flat[layout.rowFrom[row] + i]];
        }
      });
    }
    return best;
  }
}
