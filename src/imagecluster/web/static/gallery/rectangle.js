/** Selects pictures with a rectangle that is drawn from an empty area. */
import * as selection from '../state/selection.js';

const LEAST_PX = 5;

/**
 * @param {HTMLElement} scroller @param {HTMLElement} box @param {() => import('./grid.js').Grid | null} theGrid
 * @returns {() => void} ends it
 */
export function watchRectangle(scroller, box, theGrid) {
  /** @type {{x: number, y: number, pointer: number, frame: HTMLElement | null} | null} */
  let start = null;
  const place = (/** @type {PointerEvent} */ event) => {
    const around = box.getBoundingClientRect();
    return { x: event.clientX - around.left, y: event.clientY - around.top };
  };
  const down = (/** @type {PointerEvent} */ event) => {
    const free = event.target === scroller || event.target === box;
    if (!free || event.button !== 0 || event.pointerType === 'touch' || event.offsetX > scroller.clientWidth) return;
    start = { ...place(event), pointer: event.pointerId, frame: null };
  };
  const moved = (/** @type {PointerEvent} */ event) => {
    if (!start || event.pointerId !== start.pointer) return;
    const { x, y } = place(event);
    if (!start.frame) {
      if (Math.hypot(x - start.x, y - start.y) < LEAST_PX) return;
      start.frame = document.createElement('div');
      start.frame.className = 'rectangle';
      box.append(start.frame);
      scroller.setPointerCapture(event.pointerId);
    }
    const { style } = start.frame;
    style.transform = `translate(${Math.min(x, start.x)}px, ${Math.min(y, start.y)}px)`;
    style.width = `${Math.abs(x - start.x)}px`;
    style.height = `${Math.abs(y - start.y)}px`;
  };
  const up = (/** @type {PointerEvent} */ event) => {
    const from = start;
    start = null;
    if (!from) return;
    if (!from.frame) {
      if (event.target === scroller || event.target === box) selection.selectNone();
      return;
    }
    from.frame.remove();
    const { x, y } = place(event);
    const inside = [];
    for (const tile of theGrid()?.tiles.shown.values() ?? []) {
      const apart = tile.x > Math.max(x, from.x) || tile.x + tile.width < Math.min(x, from.x)
        || tile.y > Math.max(y, from.y) || tile.y + tile.height < Math.min(y, from.y);
      if (!apart) inside.push(tile.id);
    }
    if (event.shiftKey || event.ctrlKey || event.metaKey) selection.selectMore(inside);
    else selection.selectOnly(inside);
  };
  scroller.addEventListener('pointerdown', down);
  scroller.addEventListener('pointermove', moved);
  scroller.addEventListener('pointerup', up);
  scroller.addEventListener('pointercancel', up);
  return () => {
    scroller.removeEventListener('pointerdown', down);
    scroller.removeEventListener('pointermove', moved);
    scroller.removeEventListener('pointerup', up);
    scroller.removeEventListener('pointercancel', up);
  };
}
