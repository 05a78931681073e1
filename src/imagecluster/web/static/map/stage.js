/** The map's canvas: points, thumbnails when few points are visible, and marks of what is pointed at. */
import { effect } from '../core/preact.js';
import { thumbnail } from '../data/api.js';
import * as state from '../state/state.js';
import { Points } from './points.js';

const MOST_SCALE = 400;
/** With fewer visible points than this, each one shows its picture. */
const MOST_PICTURES = 120;
const PICTURE_PX = 72;
const NEAR_PX = 14;

/** Hue of a cluster's colour: neighbours in the list are far apart on the circle. @param {number} number */
const hueOf = (number) => (number * 137.508) % 360;

/** @param {number} hue @param {number} lightness @returns {[number, number, number]} */
function rgb(hue, lightness) {
  const part = (/** @type {number} */ k) => {
    const at = (k + hue / 30) % 12;
    const a = 0.55 * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(at - 3, 9 - at, 1))));
  };
  return [part(0), part(8), part(4)];
}

/** The view that shows all points. @param {Float32Array} places */
function extent(places) {
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  for (let i = 0; i < places.length; i++) {
    if (places[i] < low[i & 1]) low[i & 1] = places[i];
    if (places[i] > high[i & 1]) high[i & 1] = places[i];
  }
  const half = Math.max(1e-6, (high[0] - low[0]) / 2, (high[1] - low[1]) / 2);
  // Pictures need more room at the edges than points.
  const filled = places.length > 2 * MOST_PICTURES ? 0.9 : 0.78;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, scale: filled / half };
}

/** The visible content of the map. */
export class MapStage {
  /** @param {HTMLElement} element @param {import('../data/collection.js').Collection} collection @param {Float32Array<ArrayBuffer>} places by id */
  constructor(element, collection, places) {
    this.element = element;
    this.collection = collection;
    this.places = places;
    this.whole = extent(places);
    this.view = { ...this.whole };
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    this.overlay = document.createElement('div');
    this.overlay.className = 'map-pictures';
    this.drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    this.drawing.setAttribute('class', 'lasso');
    this.path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    this.drawing.append(this.path);
    this.card = document.createElement('div');
    this.card.className = 'map-card';
    this.card.hidden = true;
    this.ring = document.createElement('div');
    this.ring.className = 'map-ring';
    this.ring.hidden = true;
    element.append(this.canvas, this.overlay, this.drawing, this.ring, this.card);
    this.points = new Points(this.canvas, places);
    this.colours = new Uint8Array(4 * collection.n);
    /** @type {Map<number, HTMLImageElement>} */
    this.pictures = new Map();
    this.frame = 0;
    this.ringId = -1;
    /** pictures of the cluster being pointed at */
    this.clusterMates = new Uint32Array(0);
    /** @type {Set<number> | null} */
    this.isClusterMate = null;
    this.hoveredId = -1;
    this.ends = [effect(() => {
      this.#paint(state.arrangement.value, state.selection.value);
      this.draw();
    }), effect(() => {
      this.#markPointed(state.pointed.value, state.arrangement.value);
      this.draw();
    })];
    this.resized = new ResizeObserver(() => this.#resize());
    this.resized.observe(element);
  }

  /** Removes everything. */
  end() {
    this.hover(-1);
    this.ends.forEach((end) => end());
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    this.points.end();
    this.element.replaceChildren();
  }

  /** Shows the whole map. */
  reset() {
    this.view = { ...this.whole };
    this.draw();
  }

  /** Moves the map. @param {number} x @param {number} y pixels to the right and down */
  moveBy(x, y) {
    this.view.x -= x / this.unit;
    this.view.y += y / this.unit;
    this.draw();
  }

  /** Draws the lasso, or removes it without a line. @param {readonly (readonly [number, number])[]} [line] */
  drawLasso(line) {
    if (line) this.path.setAttribute('d', `M${line.map((p) => p.join(' ')).join('L')}z`);
    else this.path.removeAttribute('d');
  }

  #resize() {
    const { clientWidth, clientHeight } = this.element;
    this.canvas.width = Math.max(1, Math.round(clientWidth * devicePixelRatio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * devicePixelRatio));
    this.draw();
  }

  /** @param {import('../data/arrange.js').Arrangement | null} arrangement @param {ReadonlySet<number>} selected */
  #paint(arrangement, selected) {
    if (!arrangement) return;
    const { order } = this.collection;
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const { colours } = this;
    colours.fill(0);
    for (let s = 0; s < arrangement.k; s++) {
      const single = arrangement.hasSingles && s === arrangement.k - 1;
      const [r, g, b] = single ? [136, 132, 128] : rgb(hueOf(arrangement.numbers[s]), dark ? 0.66 : 0.46);
      for (let f = arrangement.from[s]; f < arrangement.to[s]; f++) {
        const id = order[arrangement.flat[f]];
        colours[4 * id] = r;
        colours[4 * id + 1] = g;
        colours[4 * id + 2] = b;
        colours[4 * id + 3] = selected.has(id) ? 255 : selected.size ? 90 : single ? 110 : 215;
      }
    }
    this.points.paint(colours);
    this.points.select(Uint32Array.from(selected));
  }

  /** Draws with the next frame. */
  draw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const sizePx = Math.min(16, Math.max(2.5, Math.min(9, 200 / Math.sqrt(this.collection.n)) * (this.view.scale / this.whole.scale) ** 0.4)) * devicePixelRatio;
      this.points.draw(this.view, sizePx);
      this.#showPictures();
      this.#placeRing();
    });
  }

  /** @param {import('../state/state.js').Pointed} pointed @param {import('../data/arrange.js').Arrangement | null} arrangement */
  #markPointed({ id, section }, arrangement) {
    const { order } = this.collection;
    const single = arrangement?.hasSingles && section === arrangement.k - 1;
    if (!arrangement || section < 0 || section >= arrangement.k) this.clusterMates = new Uint32Array(0);
    else if (single) this.clusterMates = Uint32Array.from(id < 0 ? [] : [id]);
    else this.clusterMates = arrangement.flat.slice(arrangement.from[section], arrangement.to[section]).map((p) => order[p]);
    this.isClusterMate = null;
    this.points.mark(this.clusterMates);
    this.ringId = id;
  }

  /** Puts the ring around the picture that is pointed at. */
  #placeRing() {
    const id = this.ringId;
    this.ring.hidden = id < 0 || this.pictures.has(id);
    // Only where pictures are shown does it matter which belong together.
    if (this.pictures.size && this.clusterMates.length) this.isClusterMate ??= new Set(this.clusterMates);
    for (const [other, image] of this.pictures) {
      image.classList.toggle('pointed', other === id);
      image.classList.toggle('away', this.clusterMates.length > 0 && !this.isClusterMate?.has(other));
    }
    if (this.ring.hidden) return;
    const [x, y] = this.#screen(id);
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
  }

  /** Pixels per unit, the same in both directions. */
  get unit() { return (this.view.scale * Math.min(this.element.clientWidth, this.element.clientHeight)) / 2; }

  /** @param {number} id @returns {[number, number]} */
  #screen(id) {
    const { element, view, places } = this;
    return [element.clientWidth / 2 + (places[2 * id] - view.x) * this.unit, element.clientHeight / 2 - (places[2 * id + 1] - view.y) * this.unit];
  }

  #showPictures() {
    const { clientWidth, clientHeight } = this.element;
    const ids = [];
    const halfX = (clientWidth / 2 + PICTURE_PX) / this.unit, halfY = (clientHeight / 2 + PICTURE_PX) / this.unit;
    for (let id = 0; id < this.collection.n && ids.length <= MOST_PICTURES; id++) {
      const hidden = this.colours[4 * id + 3] === 0;
      if (!hidden && Math.abs(this.places[2 * id] - this.view.x) < halfX && Math.abs(this.places[2 * id + 1] - this.view.y) < halfY) ids.push(id);
    }
    const wanted = new Set(ids.length <= MOST_PICTURES ? ids : []);
    for (const [id, image] of this.pictures) {
      if (wanted.has(id)) continue;
      image.remove();
      this.pictures.delete(id);
    }
    for (const id of wanted) {
      let image = this.pictures.get(id);
      if (!image) {
        image = new Image();
        image.alt = '';
        image.draggable = false;
        image.src = thumbnail(this.collection.snapshot, id, 192);
        image.style.backgroundColor = this.collection.colour(id);
        this.overlay.append(image);
        this.pictures.set(id, image);
      }
      const aspect = this.collection.aspect[this.collection.position[id]];
      const width = Math.min(PICTURE_PX, PICTURE_PX * aspect), height = width / aspect;
      const [x, y] = this.#screen(id);
      image.style.width = `${width}px`;
      image.style.height = `${height}px`;
      image.style.transform = `translate(${x - width / 2}px, ${y - height / 2}px)`;
      const base = 4 * id;
      image.style.outlineColor = `rgb(${this.colours[base]} ${this.colours[base + 1]} ${this.colours[base + 2]})`;
    }
  }

  /** Nearest picture to a position on the screen; -1 if none is near. @param {number} x @param {number} y */
  pick(x, y) {
    const { element, view, places, colours } = this;
    const px = view.x + (x - element.clientWidth / 2) / this.unit, py = view.y - (y - element.clientHeight / 2) / this.unit;
    const reach = (this.pictures.size ? PICTURE_PX / 2 : NEAR_PX) / this.unit;
    let best = -1, least = reach * reach;
    for (let id = 0; id < this.collection.n; id++) {
      const dx = places[2 * id] - px, dy = places[2 * id + 1] - py, away = dx * dx + dy * dy;
      if (away < least && colours[4 * id + 3]) {
        least = away;
        best = id;
      }
    }
    return best;
  }

  /** Zooms around a position on the screen. @param {number} by @param {number} x @param {number} y */
  zoomAt(by, x, y) {
    const dx = x - this.element.clientWidth / 2, dy = y - this.element.clientHeight / 2;
    const before = this.unit;
    this.view.scale = Math.min(this.whole.scale * MOST_SCALE, Math.max(this.whole.scale / 2, this.view.scale * by));
    this.view.x += dx / before - dx / this.unit;
    this.view.y -= dy / before - dy / this.unit;
    this.draw();
  }

  /** Pictures inside a closed line (even-odd rule). @param {[number, number][]} line */
  inside(line) {
    const ids = [];
    for (let id = 0; id < this.collection.n; id++) {
      if (this.colours[4 * id + 3] === 0) continue;
      const [x, y] = this.#screen(id);
      let inside = false;
      for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
        const [xi, yi] = line[i], [xj, yj] = line[j];
        if ((yi > y) !== (yj > y) && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
      }
      if (inside) ids.push(id);
    }
    return ids;
  }

  /** Shows which picture the pointer is at. @param {number} id -1 for nothing */
  hover(id) {
    if (id === this.hoveredId) return;
    this.hoveredId = id;
    state.pointAt(id, id < 0 ? -1 : this.collection.places.sectionOf(id), 'map');
    this.card.hidden = id < 0;
    this.element.classList.toggle('over', id >= 0);
    if (id < 0) return;
    const image = new Image();
    image.alt = '';
    image.src = thumbnail(this.collection.snapshot, id, 192);
    const aspect = this.collection.aspect[this.collection.position[id]];
    image.style.width = `${Math.min(168, 168 * aspect)}px`;
    image.style.aspectRatio = String(aspect);
    image.style.backgroundColor = this.collection.colour(id);
    this.card.replaceChildren(image);
    const [x, y] = this.#screen(id);
    const right = x > this.element.clientWidth - 220, low = y > this.element.clientHeight - 200;
    this.card.style.transform = `translate(${right ? x - 190 : x + 16}px, ${low ? y - 180 : y + 16}px)`;
  }
}
