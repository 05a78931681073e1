/** Zoom and pan of one picture: wheel, pinch, drag, double click, keys + - 0. */
import { area, inverse, placed, WHOLE } from '../data/frames.js';

const MOST = 12;
/** Largest initial enlargement of a small picture. */
const MOST_FIT = 2;

/** Pictures that zoom and move together. What part of them is shown is kept when one of them takes the place of another. @extends {Set<Zoom>} */
export class Together extends Set {
  /** Scale and middle in the shared frame; null before anybody has zoomed. @type {{scale: number, middle: [number, number]} | null} */
  view = null;

  /** @param {{hasZero?: boolean}} [options] `hasZero`: whether the key 0 shows the whole picture */
  constructor({ hasZero = true } = {}) {
    super();
    this.hasZero = hasZero;
  }
}

/** Keeps a picture inside its stage. */
export class Zoom {
  /**
   * @param {HTMLElement} stage @param {number} widthPx of the picture @param {number} heightPx
   * @param {Together} [together] those that zoom and move together, including this one
   * @param {import('../data/frames.js').Frame} [frame] where the picture lies in a frame that all of them share
   * @param {(widthPx: number) => void} [onShown] told how many pixels of the screen the picture's width takes
   */
  constructor(stage, widthPx, heightPx, together = new Together(), frame = WHOLE, onShown = () => {}) {
    this.onShown = onShown;
    this.frame = frame;
    this.inverse = inverse(frame);
    /** How much of the shared frame the picture covers from one side to the other. */
    this.reach = Math.sqrt(Math.abs(area(frame)));
    this.together = together.add(this);
    this.stage = stage;
    this.sheet = /** @type {HTMLElement} */ (stage.firstElementChild);
    this.aspect = widthPx / Math.max(1, heightPx) || 1;
    this.widthPx = widthPx;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    /** @type {Map<number, {x: number, y: number}>} */
    this.pointers = new Map();
    this.stops = new AbortController();
    const options = { signal: this.stops.signal };
    stage.addEventListener('wheel', (e) => this.#wheel(e), { ...options, passive: false });
    stage.addEventListener('dblclick', (e) => this.#zoomAt(this.scale > 1 ? 1 / this.scale : this.#closer, e.clientX, e.clientY), options);
    stage.addEventListener('pointerdown', (e) => this.#down(e), options);
    stage.addEventListener('pointermove', (e) => this.#move(e), options);
    stage.addEventListener('pointerup', (e) => this.pointers.delete(e.pointerId), options);
    stage.addEventListener('pointercancel', (e) => this.pointers.delete(e.pointerId), options);
    document.addEventListener('keydown', (e) => this.#key(e), options);
    this.resized = new ResizeObserver(() => this.#show());
    this.resized.observe(stage);
    const { view } = together;
    if (view && this.#fitWidth > 0) this.#follow(view.scale, view.middle);
    else this.#show();
  }

  /** Stops listening. */
  end() {
    this.together.delete(this);
    this.stops.abort();
    this.resized.disconnect();
  }

  /** Width of the whole picture. */
  get #fitWidth() { return Math.min(this.stage.clientWidth, this.stage.clientHeight * this.aspect, MOST_FIT * (this.widthPx || Infinity)); }

  /** Zoom factor of a double click: to the picture's own pixels, if it has more than the screen shows. */
  get #closer() {
    const own = this.widthPx / (this.#fitWidth * devicePixelRatio);
    return own > 1.4 ? own : 2.5;
  }

  #show() {
    const width = this.stage.clientWidth, height = this.stage.clientHeight;
    const fitWidth = this.#fitWidth, fitHeight = fitWidth / this.aspect;
    const mostX = Math.max(0, (fitWidth * this.scale - width) / 2), mostY = Math.max(0, (fitHeight * this.scale - height) / 2);
    this.x = Math.min(mostX, Math.max(-mostX, this.x));
    this.y = Math.min(mostY, Math.max(-mostY, this.y));
    const { style } = this.sheet;
    style.width = `${fitWidth}px`;
    style.height = `${fitHeight}px`;
    style.setProperty('--scale', String(this.scale));
    style.transform = `translate(${(width - fitWidth) / 2 + this.x}px, ${(height - fitHeight) / 2 + this.y}px) scale(${this.scale})`;
    this.stage.classList.toggle('zoomed', this.scale > 1);
    this.onShown(fitWidth * this.scale * devicePixelRatio);
  }

  /** Makes the others show the same part of their pictures. */
  #lead() {
    const width = this.#fitWidth, height = width / this.aspect;
    const middle = placed(this.frame, 0.5 - this.x / width / this.scale, 0.5 - this.y / height / this.scale);
    const scale = this.scale / this.reach;
    this.together.view = scale > 1 ? { scale, middle } : null;
    for (const other of this.together) if (other !== this) other.#follow(scale, middle);
  }

  /** Shows the same part of the shared frame. @param {number} scale of that frame @param {[number, number]} middle in it */
  #follow(scale, middle) {
    const [x, y] = placed(this.inverse, ...middle), width = this.#fitWidth;
    this.scale = Math.max(1, scale * this.reach);
    this.x = (0.5 - x) * width * this.scale;
    this.y = ((0.5 - y) * width * this.scale) / this.aspect;
    this.#show();
  }

  /** @param {number} by @param {number} clientX @param {number} clientY */
  #zoomAt(by, clientX, clientY) {
    const around = this.stage.getBoundingClientRect();
    const px = clientX - around.left - around.width / 2, py = clientY - around.top - around.height / 2;
    const scale = Math.min(MOST, Math.max(1, this.scale * by));
    const ratio = scale / this.scale;
    this.x = px - (px - this.x) * ratio;
    this.y = py - (py - this.y) * ratio;
    this.scale = scale;
    this.#show();
    this.#lead();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    this.#zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0022)), event.clientX, event.clientY);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.stage.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const by = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      this.#zoomAt(by, (now.x + other.x) / 2, (now.y + other.y) / 2);
    } else {
      this.x += now.x - before.x;
      this.y += now.y - before.y;
      this.#show();
      this.#lead();
    }
    this.pointers.set(event.pointerId, now);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const [first] = this.together;
    if (first !== this || event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
    const around = this.stage.getBoundingClientRect();
    const x = around.left + around.width / 2, y = around.top + around.height / 2;
    if (event.key === '+' || event.key === '=') this.#zoomAt(1.5, x, y);
    else if (event.key === '-') this.#zoomAt(1 / 1.5, x, y);
    else if (event.key === '0' && this.together.hasZero) this.#zoomAt(1 / this.scale, x, y);
    else if (event.key === 'z') this.#zoomAt(this.scale > 1 ? 1 / this.scale : this.#closer, x, y);
    else return;
    event.preventDefault();
  }
}
