/**
 * A scrolling box for any height. Browsers limit boxes to 17.9 to 33.5 million px, so the box has at most 8 million;
 * beyond that the scroll bar moves in proportion, while small steps (wheel, keys) stay one to one.
 */

const MOST_PX = 8_000_000;

/** Maps between the box that the browser scrolls and the content that is shown. */
export class ScrollBox {
  /** @param {HTMLElement} scroller @param {HTMLElement} box its only tall child */
  constructor(scroller, box) {
    this.scroller = scroller;
    this.box = box;
    this.height = 0;
    this.boxHeight = 0;
    /** top of the window in the content */
    this.top = 0;
    this.last = 0;
    this.viewport = 0;
  }

  /** Offset from a position in the content to that in the box. */
  get offset() { return this.last - this.top; }

  get #most() { return Math.max(0, this.height - this.viewport); }

  get #boxMost() { return Math.max(0, this.boxHeight - this.viewport); }

  /** Changes the size of the box. @param {number} height of the content @param {number} viewport height of the window */
  resize(height, viewport) {
    this.viewport = viewport;
    this.height = height;
    const boxHeight = Math.min(MOST_PX, Math.max(height, 0));
    if (boxHeight !== this.boxHeight) {
      this.boxHeight = boxHeight;
      this.box.style.height = `${boxHeight}px`;
    }
    if (this.top === 0 && this.last === 0) return; // asking the browser would have it lay out the page at once
    if (this.top > this.#most || this.height <= MOST_PX) this.scrollTo(this.top);
  }

  /** Updates `top` after the browser has scrolled. */
  scrolled() {
    const now = this.scroller.scrollTop;
    const step = now - this.last;
    if (this.height <= MOST_PX) this.top = now;
    else if (Math.abs(step) > 3 * this.viewport || now <= 0 || now >= this.#boxMost) {
      this.top = (now / this.#boxMost) * this.#most;
    } else this.top = Math.min(this.#most, Math.max(0, this.top + step));
    this.last = now;
  }

  /** Scrolls to a position in the content. @param {number} top */
  scrollTo(top) {
    this.top = Math.min(this.#most, Math.max(0, top));
    const wanted = this.height <= MOST_PX ? this.top : (this.top / this.#most) * this.#boxMost;
    if (Math.abs(this.scroller.scrollTop - wanted) >= 0.5) this.scroller.scrollTop = wanted;
    this.last = this.scroller.scrollTop;
    if (this.height <= MOST_PX) this.top = this.last;
  }
}
