/** The elements of the gallery's pictures: made, reused and filled. Only those in sight exist. */
import { thumbnail } from './api.js';
import { nameOf } from './names.js';

/** Pictures whose thumbnail the browser holds are shown at once; others wait until the view has rested so long. */
const REST_MS = 60;
const SHARPEN_MS = 180;
const SIDES = /** @type {const} */ ([192, 384, 1024]);

/**
 * @typedef {{id: number, element: HTMLButtonElement, image: HTMLImageElement, side: number, wanted: number,
 *   x: number, y: number, width: number, height: number, seen: number}} Tile
 */

/** A pool of tiles, by picture. */
export class Tiles {
  /** @param {HTMLElement} parent @param {import('./collection.js').Collection} collection */
  constructor(parent, collection) {
    this.parent = parent;
    this.collection = collection;
    /** @type {Map<number, Tile>} */
    this.shown = new Map();
    /** @type {Tile[]} */
    this.spare = [];
    /** id/side of every thumbnail that has come */
    this.loaded = new Set();
    this.round = 0;
    this.restTimer = 0;
    this.sharpenTimer = 0;
  }

  /** A new picture of the page begins. */
  begin() { this.round++; }

  /**
   * Shows a picture in a place.
   * @param {number} id @param {number} x @param {number} y @param {number} width @param {number} height
   */
  put(id, x, y, width, height) {
    let tile = this.shown.get(id);
    if (!tile) {
      tile = this.spare.pop() ?? this.#make();
      this.#assign(tile, id);
      this.shown.set(id, tile);
    }
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
    return tile;
  }

  /** Whether a picture was put somewhere in this round. @param {number} id */
  isDrawn(id) { return this.shown.get(id)?.seen === this.round; }

  /** Removes what was not shown in this round. @param {number} kept id that stays, since it has the focus */
  end(kept) {
    for (const [id, tile] of this.shown) {
      if (tile.seen === this.round || id === kept) continue;
      this.shown.delete(id);
      tile.element.remove();
      if (this.spare.length < 300) this.spare.push(tile);
    }
    clearTimeout(this.restTimer);
    clearTimeout(this.sharpenTimer);
    // The very first ones are asked for at once.
    if (this.loaded.size === 0) this.#fill();
    else this.restTimer = setTimeout(() => this.#fill(), REST_MS);
    this.sharpenTimer = setTimeout(() => this.#sharpen(), SHARPEN_MS);
  }

  /** More colours are known. */
  recolour() {
    for (const tile of this.shown.values()) tile.element.style.backgroundColor = this.collection.colour(tile.id);
  }

  /** Takes all elements away. */
  clear() {
    clearTimeout(this.restTimer);
    clearTimeout(this.sharpenTimer);
    for (const tile of this.shown.values()) tile.element.remove();
    this.shown.clear();
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
      image.classList.add('there');
      this.loaded.add(image.dataset.key);
    });
    element.append(image);
    return { id: -1, element, image, side: 0, wanted: 192, x: NaN, y: NaN, width: 0, height: 0, seen: 0 };
  }

  /** @param {Tile} tile @param {number} id */
  #assign(tile, id) {
    tile.id = id;
    tile.side = 0;
    tile.element.dataset.id = String(id);
    tile.element.style.backgroundColor = this.collection.colour(id);
    tile.element.setAttribute('aria-label', nameOf(id));
    tile.element.classList.add('new');
    tile.image.classList.remove('there');
    tile.image.removeAttribute('src');
    const side = SIDES.find((s) => this.loaded.has(`${id}/${s}`));
    if (side) this.#load(tile, side);
    this.parent.append(tile.element);
    requestAnimationFrame(() => tile.element.classList.remove('new'));
  }

  /** @param {Tile} tile @param {typeof SIDES[number]} side */
  #load(tile, side) {
    tile.side = side;
    tile.image.dataset.key = `${tile.id}/${side}`;
    tile.image.src = thumbnail(this.collection.snapshot, tile.id, side);
  }

  /** Asks for the pictures that are missing: the smallest size, which the database holds already. */
  #fill() {
    for (const tile of this.shown.values()) if (tile.side === 0) this.#load(tile, 192);
  }

  /** Replaces thumbnails that are smaller than their tile; the old one stays until the new one has come. */
  #sharpen() {
    this.#fill();
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
