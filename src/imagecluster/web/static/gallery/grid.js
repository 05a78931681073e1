/** The gallery's window onto the layout: places the visible tiles and heads. */
import { chosen } from '../state/choices.js';
import { inSight } from '../state/state.js';
import { Heads } from './heads.js';
import { ScrollBox } from './scrollbox.js';
import { Tiles } from './tiles.js';

/** Height beyond the edges of the window that is kept ready, in windows. */
const OVERSCAN = 0.6;

/** With more pictures, only the part near the window is laid out while the slider moves, if the window is at the top. */
const MOST_LAID_OUT = 200_000;

const ROW_PX = { S: 104, M: 168, L: 280 };

/** @param {number} width of the gallery @param {import('../state/state.js').SizeName} size @returns {import('../data/layout.js').Measures} */
export function measures(width, size) {
  const narrow = width < 640;
  const rowPx = Math.round(ROW_PX[size] * (narrow ? 0.72 : 1));
  return {
    width, rowPx, gapPx: narrow ? 4 : 6, headPx: 44, sectionGapPx: narrow ? 20 : 28,
    leastPx: Math.min(width, Math.max(190, rowPx)),
  };
}

/** @typedef {{id: number, inWindow: number}} Held  a picture, and where it is in the window */

/** Draws one collection. */
export class Grid {
  /**
   * @param {HTMLElement} scroller @param {HTMLElement} box @param {HTMLElement} stuck place of the sticky head
   * @param {import('../data/collection.js').Collection} collection
   */
  constructor(scroller, box, stuck, collection) {
    this.collection = collection;
    this.layout = collection.layout;
    this.scroll = new ScrollBox(scroller, box);
    this.tiles = new Tiles(box, collection);
    this.heads = new Heads(box, stuck, collection);
    /** @type {import('../data/arrange.js').Arrangement | null} */
    this.arrangement = null;
    this.selection = /** @type {ReadonlySet<number>} */ (new Set());
    this.active = -1;
    /** first picture whose upper edge is visible; -1 if there is none */
    this.first = -1;
    /** first visible picture of each section */
    this.firstVisible = /** @type {Map<number, number>} */ (new Map());
    this.paddingPx = 0;
    /** whether what lies beyond the edges of the window is still to be drawn */
    this.unfinished = false;
    /** picture and section that are pointed at in another view; -1 for none */
    this.pointedId = -1;
    this.pointedSection = -1;
    this.wash = document.createElement('div');
    this.wash.className = 'section-wash';
    this.wash.hidden = true;
    box.append(this.wash);
  }

  /**
   * Where pictures are in the window, of those that are drawn. The layout cannot say: when a new arrangement is about to be
   * shown, its memory holds that already.
   * @param {readonly number[]} ids @returns {Held[]}
   */
  held(ids) {
    return ids.flatMap((id) => {
      const tile = this.tiles.shown.get(id);
      return tile ? [{ id, inWindow: tile.y - this.scroll.last }] : [];
    });
  }

  /**
   * Shows a new arrangement or size. The first of the pictures to hold that is still shown stays where it is in the window.
   * @param {import('../data/arrange.js').Arrangement} arrangement @param {import('../data/layout.js').Measures} measures
   * @param {number} viewport @param {readonly Held[]} holding @param {boolean} hurried as in `draw`
   */
  update(arrangement, measures, viewport, holding, hurried) {
    const pressed = this.heads.focused();
    const within = this.pressedPicture;
    this.arrangement = arrangement;
    const enough = this.collection.n > MOST_LAID_OUT && !holding.length && this.scroll.top <= 40 ? 3 * viewport : Infinity;
    this.layout.update(arrangement, measures, enough);
    this.scroll.resize(this.layout.height + this.paddingPx, viewport);
    for (const { id, inWindow } of holding) {
      const after = this.collection.places.placeOf(id);
      if (!after) continue;
      this.scroll.scrollTo(after.y - inWindow);
      break;
    }
    if (pressed && within >= 0) this.heads.pressed = { section: this.collection.places.sectionOf(within), command: pressed.command };
    this.draw(hurried);
    this.unfinished = hurried;
  }

  /** The first visible picture of the cluster whose head has the focus; -1 if no head has, or if none is visible. */
  get pressedPicture() {
    const pressed = this.heads.focused();
    return (pressed && this.firstVisible.get(pressed.section)) ?? -1;
  }

  /** Lays out and draws the parts left for later. */
  complete() {
    this.layout.complete();
    this.#fit();
    if (!this.unfinished) return;
    this.unfinished = false;
    this.draw();
  }

  /** Gives the box the height of the layout. */
  #fit() { this.scroll.resize(this.layout.height + this.paddingPx, this.scroll.viewport); }

  /** Draws the visible part. @param {boolean} [hurried] at once, and without what lies beyond the edges of the window */
  draw(hurried = false) {
    const { layout, scroll, arrangement } = this;
    if (!arrangement) return;
    const margin = hurried ? 0 : OVERSCAN * scroll.viewport;
    const from = scroll.top - margin, to = scroll.top + scroll.viewport + margin;
    const { gapPx, headPx } = layout.measures;
    this.heads.begin();
    this.first = -1;
    this.firstVisible.clear();
    /** @type {number[]} */
    const visible = [];
    /** @type {import('./tiles.js').Spot[]} */
    const spots = [];
    for (let s = layout.sectionAt(from); s < layout.laid && layout.top[s] < to; s++) {
      this.heads.put(s, arrangement, layout, scroll.offset);
      const top = layout.top[s] + headPx, rowPx = layout.rowPx[s];
      const first = Math.max(layout.firstRow[s], layout.firstRow[s] + Math.floor((from - top) / (rowPx + gapPx)));
      const last = Math.min(layout.firstRow[s + 1], layout.firstRow[s] + Math.ceil((to - top) / (rowPx + gapPx)));
      for (let row = first; row < last; row++) this.#addRow(spots, visible, s, row);
    }
    inSight.value = visible;
    this.heads.end(arrangement, layout, scroll);
    this.#placeWash();
    const kept = document.activeElement?.classList.contains('tile') ? this.#addFocused(spots) : -1;
    this.tiles.show(spots, kept, !hurried);
    for (const tile of this.tiles.shown.values()) this.#mark(tile);
  }

  /**
   * The picture with the focus keeps it outside the window too: it is also placed.
   * @param {import('./tiles.js').Spot[]} spots @returns {number} its id, or -1
   */
  #addFocused(spots) {
    const { active, layout, scroll } = this;
    if (spots.some(({ id }) => id === active)) return active;
    const place = this.collection.places.placeOf(active);
    if (!place) return -1; // it was hidden: nothing is left to keep
    const rowPx = layout.rowPx[place.s];
    // Inside the box, which may be lower than the content.
    const y = Math.max(0, Math.min(place.y + scroll.offset, scroll.boxHeight - rowPx));
    spots.push({ id: active, x: place.x, y, width: place.width, height: rowPx });
    return active;
  }

  /** @param {import('./tiles.js').Spot[]} spots @param {number[]} visible @param {number} s @param {number} row */
  #addRow(spots, visible, s, row) {
    const { layout, scroll, collection } = this;
    const arrangement = /** @type {import('../data/arrange.js').Arrangement} */ (this.arrangement);
    const y = layout.rowTop(s, row), height = layout.rowPx[s];
    const isInSight = y + height > scroll.top && y < scroll.top + scroll.viewport;
    let f = layout.rowFrom[row];
    for (const { left, width } of layout.tiles(s, row)) {
      const id = collection.order[arrangement.flat[f++]];
      if (isInSight) visible.push(id);
      if (isInSight && !this.firstVisible.has(s)) this.firstVisible.set(s, id);
      if (isInSight && y >= scroll.top && this.first < 0) this.first = id;
      spots.push({ id, x: left, y: y + scroll.offset, width, height });
    }
  }

  /** Marks what is pointed at in another view. @param {number} id @param {number} section */
  point(id, section) {
    if (id === this.pointedId && section === this.pointedSection) return;
    this.pointedId = id;
    this.pointedSection = section;
    for (const tile of this.tiles.shown.values()) this.#mark(tile);
    this.#placeWash();
  }

  /** Shades the section that is pointed at, as far as it is near the window. */
  #placeWash() {
    const { layout, scroll, wash, arrangement, pointedSection: s } = this;
    // Single pictures are not a cluster.
    const end = arrangement ? arrangement.k - (arrangement.hasSingles ? 1 : 0) : 0;
    wash.hidden = s < 0 || s >= Math.min(end, layout.laid);
    if (wash.hidden) return;
    const from = Math.max(layout.top[s], scroll.top - scroll.viewport);
    const to = Math.min(layout.top[s] + layout.sectionHeight(s), scroll.top + 2 * scroll.viewport);
    wash.style.transform = `translate(${layout.left[s]}px, ${from + scroll.offset}px)`;
    wash.style.width = `${layout.width[s]}px`;
    wash.style.height = `${Math.max(0, to - from)}px`;
  }

  /** Removes all elements. */
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
    this.tiles.setChoice(tile, chosen.peek().get(tile.id));
  }

  /** Marks the selected pictures and the one that keys act on. @param {ReadonlySet<number>} selection @param {number} active */
  mark(selection, active) {
    this.selection = selection;
    this.active = active;
    for (const tile of this.tiles.shown.values()) this.#mark(tile);
  }

  /** Scrolls just far enough to show a picture. @param {number} id @param {boolean} [toTop] with its head at the top */
  reveal(id, toTop = false) {
    const place = this.collection.places.placeOf(id);
    if (!place) return;
    if (this.scroll.height !== this.layout.height + this.paddingPx) this.#fit(); // the rest was laid out to find the picture
    const { top, viewport } = this.scroll;
    const { headPx } = this.layout.measures;
    const rowPx = this.layout.rowPx[place.s];
    const least = place.y - headPx, most = place.y + rowPx + 16 - (viewport - this.paddingPx);
    if (toTop || least < top) this.scroll.scrollTo(least);
    else if (most > top) this.scroll.scrollTo(most);
    this.draw();
  }
}
