/** The elements of the gallery's pictures: made, reused and filled. Only visible ones exist. */
import { thumbnail } from '../data/api.js';
import { choiceText } from '../state/choices.js';

/** Thumbnails in the browser's cache are shown at once; others are requested when the view has rested this long... */
const REST_MS = 60;
/** ...or, while it keeps moving, when the picture has stayed in it this long. */
const STAY_MS = 150;
const SHARPEN_MS = 180;
const MOST_SPARE = 300;
const SIDES = /** @type {const} */ ([192, 384, 1024]);

/**
 * @typedef {{id: number, element: HTMLButtonElement, image: HTMLImageElement, side: number, wanted: number,
 *   x: number, y: number, width: number, height: number, seen: number, came: number,
 *   choice: import('../state/choices.js').Choice | undefined}} Tile
 * @typedef {{id: number, x: number, y: number, width: number, height: number}} Spot  the position of a picture
 */

/** A pool of tiles, by picture. */
export class Tiles {
  /** @param {HTMLElement} parent @param {import('../data/collection.js').Collection} collection */
  constructor(parent, collection) {
    this.parent = parent;
    this.collection = collection;
    /** @type {Map<number, Tile>} */
    this.shown = new Map();
    /** @type {Tile[]} */
    this.spare = [];
    /** id/side of every thumbnail that has been loaded */
    this.loaded = new Set();
    this.round = 0;
    this.restTimer = 0;
    this.filledAt = 0;
    this.sharpenTimer = 0;
  }

  /**
   * Shows pictures in their places, and no others. Elements of pictures that disappear are reused for new ones:
   * removing an element from the page and adding one takes far longer than moving it.
   * @param {readonly Spot[]} spots @param {number} kept id that stays, since it has the focus
   * @param {boolean} gliding whether pictures move visibly to their new places
   */
  show(spots, kept, gliding) {
    this.round++;
    const coming = [], free = [];
    for (const spot of spots) {
      const tile = this.shown.get(spot.id);
      if (tile) this.#put(tile, spot);
      else coming.push(spot);
    }
    for (const [id, tile] of this.shown) {
      if (tile.seen === this.round || id === kept) continue;
      this.shown.delete(id);
      free.push(tile);
    }
    for (const spot of coming) {
      const tile = free.pop() ?? this.spare.pop() ?? this.#make();
      this.#assign(tile, spot.id);
      this.shown.set(spot.id, tile);
      this.#put(tile, spot);
    }
    for (const tile of free) {
      tile.element.remove();
      if (this.spare.length < MOST_SPARE) this.spare.push(tile);
    }
    if (gliding && coming.length) this.#holdStill(coming);
    this.#fillSoon();
  }

  /** New pictures do not glide from where their element was. @param {readonly Spot[]} coming */
  #holdStill(coming) {
    const elements = coming.flatMap(({ id }) => this.shown.get(id)?.element ?? []);
    for (const element of elements) element.classList.add('new');
    requestAnimationFrame(() => { for (const element of elements) element.classList.remove('new'); });
  }

  /** @param {Tile} tile @param {Spot} spot */
  #put(tile, { x, y, width, height }) {
    tile.seen = this.round;
    if (tile.x !== x || tile.y !== y) {
      tile.element.style.transform = `translate(${x}px, ${y}px)`;
      tile.x = x;
      tile.y = y;
    }
    if (tile.width !== width || tile.height !== height) {
      tile.element.style.width = `${width}px`;
      tile.element.style.height = `${height}px`;
      tile.width = width;
      tile.height = height;
    }
    const long = Math.max(width, height) * Math.min(2, devicePixelRatio);
    tile.wanted = long <= 230 ? 192 : long <= 460 ? 384 : 1024;
  }

  #fillSoon() {
    clearTimeout(this.restTimer);
    clearTimeout(this.sharpenTimer);
    // The very first ones are requested at once.
    if (this.loaded.size === 0) this.#fill(Infinity);
    else {
      const now = performance.now();
      if (now - this.filledAt > STAY_MS) this.#fill(now - STAY_MS);
      this.restTimer = setTimeout(() => this.#fill(Infinity), REST_MS);
    }
    this.sharpenTimer = setTimeout(() => this.#sharpen(), SHARPEN_MS);
  }

  /** Updates the colours when more are known. */
  recolour() {
    for (const tile of this.shown.values()) tile.element.style.backgroundColor = this.collection.colour(tile.id);
  }

  /** Removes all elements. */
  clear() {
    clearTimeout(this.restTimer);
    clearTimeout(this.sharpenTimer);
    for (const tile of this.shown.values()) tile.element.remove();
    this.shown.clear();
  }

  /** Marks what was chosen for a picture. @param {Tile} tile @param {import('../state/choices.js').Choice | undefined} choice */
  setChoice(tile, choice) {
    if (tile.choice === choice) return;
    tile.choice = choice;
    const words = choice ? choiceText(tile.id) : '';
    tile.element.dataset.choice = choice?.fate ?? '';
    tile.element.querySelector('.choice')?.remove();
    tile.element.removeAttribute('aria-description');
    if (words) {
      tile.element.setAttribute('aria-description', words);
      const badge = document.createElement('span');
      badge.className = 'choice';
      badge.title = words;
      badge.textContent = [choice?.fate === 'keep' ? '✓ kept' : choice?.fate === 'reject' ? '✕ rejected' : '', choice?.stars ? `★ ${choice.stars}` : ''].filter(Boolean).join(' ');
      tile.element.append(badge);
    }
  }

  #make() {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'tile';
    element.tabIndex = -1;
    const image = document.createElement('img');
    image.alt = '';
    image.decoding = 'async';
    image.draggable = false;
    image.addEventListener('load', () => {
      if (!image.className) image.className = 'there fading';
      this.loaded.add(image.dataset.key);
    });
    element.append(image);
    return { id: -1, element, image, side: 0, wanted: 192, x: NaN, y: NaN, width: 0, height: 0, seen: 0, came: 0, choice: undefined };
  }

  /** @param {Tile} tile @param {number} id */
  #assign(tile, id) {
    tile.id = id;
    tile.side = 0;
    tile.came = performance.now();
    tile.element.dataset.id = String(id);
    tile.element.style.backgroundColor = this.collection.colour(id);
    tile.element.setAttribute('aria-label', this.collection.names.nameOf(id));
    const side = SIDES.find((s) => this.loaded.has(`${id}/${s}`));
    if (side) this.#load(tile, side);
    else {
      tile.image.className = '';
      tile.image.removeAttribute('src');
    }
    if (!tile.element.isConnected) this.parent.append(tile.element);
  }

  /** @param {Tile} tile @param {typeof SIDES[number]} side */
  #load(tile, side) {
    tile.side = side;
    const key = `${tile.id}/${side}`;
    // A picture in the browser's cache is there at once.
    if (this.loaded.has(key)) tile.image.className = 'there';
    tile.image.dataset.key = key;
    tile.image.src = thumbnail(this.collection.snapshot, tile.id, side);
  }

  /**
   * Requests missing thumbnails in the smallest size, which the database has already.
   *
   * @param {number} latest only those that came into view by then
   */
  #fill(latest) {
    this.filledAt = performance.now();
    for (const tile of this.shown.values()) if (tile.side === 0 && tile.came <= latest) this.#load(tile, 192);
  }

  /** Replaces thumbnails that are smaller than their tile; the old one stays until the new one has loaded. */
  #sharpen() {
    for (const tile of this.shown.values()) {
      const { id, wanted } = tile;
      if (tile.side >= wanted || this.collection.widthPx(id) + this.collection.heightPx(id) < tile.side * 2) continue;
      const side = SIDES.find((s) => s >= wanted) ?? 1024;
      const address = thumbnail(this.collection.snapshot, id, side);
      if (address === tile.image.getAttribute('src')) continue; // a copy of the page has one size
      const sharper = new Image();
      sharper.src = address;
      sharper.decode().then(() => { if (tile.id === id && tile.side < side) this.#load(tile, side); }, () => {});
    }
  }
}
