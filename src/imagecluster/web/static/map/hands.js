/** Pointer, wheel and keys on the map: panning, zooming, picking, the lasso. */
import * as selection from '../state/selection.js';
import { openPicture } from '../commands/navigate.js';

/** A press that moves by fewer pixels than this is a click. */
const CLICK_PX = 4;
const KEY_STEP_PX = 60;
const KEY_ZOOM = 1.4;

/** @typedef {import('./stage.js').MapStage} MapStage */

/** Listens to input on a stage. */
export class MapHands {
  /** @param {MapStage} stage @param {() => boolean} isLassoing whether dragging draws a lasso, as it does with Shift */
  constructor(stage, isLassoing) {
    this.stage = stage;
    this.isLassoing = isLassoing;
    /** @type {{x: number, y: number, moved: boolean, lasso: [number, number][] | null} | null} */
    this.press = null;
    this.stops = new AbortController();
    const { element } = stage, options = { signal: this.stops.signal };
    element.addEventListener('wheel', (event) => {
      event.preventDefault();
      stage.zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.offsetX, event.offsetY);
    }, { ...options, passive: false });
    element.addEventListener('pointerdown', (event) => this.#down(event), options);
    element.addEventListener('pointermove', (event) => this.#moved(event), options);
    element.addEventListener('pointerup', (event) => this.#up(event), options);
    element.addEventListener('pointercancel', () => this.#endPress(), options);
    element.addEventListener('pointerleave', () => stage.hover(-1), options);
    element.addEventListener('keydown', (event) => this.#key(event), options);
  }

  /** Stops listening. */
  end() { this.stops.abort(); }

  /** @param {PointerEvent} event @returns {[number, number]} */
  #at(event) {
    const around = this.stage.element.getBoundingClientRect();
    return [event.clientX - around.left, event.clientY - around.top];
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    const [x, y] = this.#at(event);
    this.press = { x, y, moved: false, lasso: event.shiftKey || this.isLassoing() ? [[x, y]] : null };
    this.stage.element.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #moved(event) {
    const [x, y] = this.#at(event);
    const { press, stage } = this;
    if (!press) {
      stage.hover(stage.pick(x, y));
      return;
    }
    if (!press.moved && Math.hypot(x - press.x, y - press.y) < CLICK_PX) return;
    press.moved = true;
    if (press.lasso) {
      press.lasso.push([x, y]);
      stage.drawLasso(press.lasso);
      return;
    }
    stage.moveBy(x - press.x, y - press.y);
    press.x = x;
    press.y = y;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const { press, stage } = this;
    this.#endPress();
    if (!press) return;
    const [x, y] = this.#at(event);
    if (press.lasso && press.moved) {
      const ids = stage.inside(press.lasso);
      if (event.ctrlKey || event.metaKey) selection.selectMore(ids);
      else selection.selectOnly(ids);
    } else if (!press.moved) {
      const id = stage.pick(x, y);
      if (id >= 0 && (event.shiftKey || event.ctrlKey || event.metaKey)) selection.toggle(id);
      else if (id >= 0) openPicture({ id });
      else selection.selectNone();
    }
  }

  #endPress() {
    this.press = null;
    this.stage.drawLasso();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { stage } = this, x = stage.element.clientWidth / 2, y = stage.element.clientHeight / 2;
    if (event.key === 'ArrowLeft') stage.moveBy(KEY_STEP_PX, 0);
    else if (event.key === 'ArrowRight') stage.moveBy(-KEY_STEP_PX, 0);
    else if (event.key === 'ArrowUp') stage.moveBy(0, KEY_STEP_PX);
    else if (event.key === 'ArrowDown') stage.moveBy(0, -KEY_STEP_PX);
    else if (event.key === '+' || event.key === '=') stage.zoomAt(KEY_ZOOM, x, y);
    else if (event.key === '-') stage.zoomAt(1 / KEY_ZOOM, x, y);
    else if (event.key === '0') stage.reset();
    else if (event.key === 'Enter') {
      const id = stage.pick(x, y);
      if (id >= 0) openPicture({ id });
    } else return;
    event.preventDefault();
    stage.hover(stage.pick(x, y));
  }
}
