/** Dragging pictures with the mouse onto a cluster, to which they then belong. */
import { numberText } from '../core/text.js';
import { thumbnail } from '../data/api.js';
import * as state from '../state/state.js';
import { joinPicture, moveInto } from '../commands/corrections.js';

const LEAST_PX = 7;
/** Distance from an edge below which the gallery scrolls, the nearer the faster. */
const EDGE_PX = 56;
const FASTEST_PX = 22;

/**
 * @param {HTMLElement} scroller @param {() => import('./grid.js').Grid | null} theGrid
 * @returns {() => void} ends it
 */
export function watchDragging(scroller, theGrid) {
  /** @type {{x: number, y: number, id: number, ids: number[], ghost: HTMLElement | null, section: number, onto: number} | null} */
  let drag = null;
  let frame = 0, hasDragged = false;
  const stops = new AbortController();

  const end = () => {
    drag?.ghost?.remove();
    drag = null;
    cancelAnimationFrame(frame);
    frame = 0;
    theGrid()?.point(-1, -1);
    document.body.classList.remove('dragging');
  };

  const begin = () => {
    const grid = theGrid(), now = drag;
    if (!grid || !now) return;
    const selected = state.selection.peek();
    now.ids = selected.has(now.id) ? [...selected] : [now.id];
    now.ghost = document.createElement('div');
    now.ghost.className = 'drag-ghost';
    now.ghost.setAttribute('aria-hidden', 'true');
    const image = new Image();
    image.alt = '';
    image.src = thumbnail(grid.collection.snapshot, now.id, 192);
    now.ghost.append(image);
    if (now.ids.length > 1) now.ghost.append(Object.assign(document.createElement('span'), { textContent: numberText(now.ids.length) }));
    document.body.append(now.ghost);
    document.body.classList.add('dragging');
    hasDragged = true;
    scroll();
  };

  const scroll = () => {
    frame = requestAnimationFrame(scroll);
    if (!drag) return;
    const { top, bottom } = scroller.getBoundingClientRect();
    const above = Math.max(0, EDGE_PX - (drag.y - top)), below = Math.max(0, EDGE_PX - (bottom - drag.y));
    const step = (Math.min(EDGE_PX, below) - Math.min(EDGE_PX, above)) / EDGE_PX * FASTEST_PX;
    if (step) scroller.scrollTop += step;
    aim();
  };

  /** Marks the cluster or picture that the pictures would be dropped on. */
  const aim = () => {
    const grid = theGrid(), arrangement = grid?.arrangement;
    if (!drag || !grid || !arrangement) return;
    const under = document.elementFromPoint(drag.x, drag.y);
    const tile = under?.closest('.tile'), head = under?.closest('[data-section]');
    const onto = tile instanceof HTMLElement ? Number(tile.dataset.id) : -1;
    const section = onto >= 0 ? grid.collection.places.sectionOf(onto) : head instanceof HTMLElement ? Number(head.dataset.section) : -1;
    const isSingles = arrangement.hasSingles && section === arrangement.k - 1;
    const isOwn = onto >= 0 && drag.ids.includes(onto);
    const fits = section >= 0 && !isOwn && (!isSingles || onto >= 0) && drag.ids.some((id) => grid.collection.places.sectionOf(id) !== section || isSingles);
    drag.section = fits ? section : -1;
    drag.onto = fits && isSingles ? onto : -1;
    grid.point(drag.onto, drag.onto >= 0 ? -1 : drag.section);
    drag.ghost?.classList.toggle('fits', fits);
  };

  const moved = (/** @type {PointerEvent} */ event) => {
    if (!drag) return;
    if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < LEAST_PX) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    if (!drag.ghost) begin();
    if (drag.ghost) drag.ghost.style.transform = `translate(${drag.x + 12}px, ${drag.y + 12}px)`;
    event.preventDefault();
  };

  const dropped = () => {
    if (!drag?.ghost) {
      drag = null;
      return;
    }
    aim();
    const { ids, section, onto } = drag;
    end();
    if (onto >= 0) joinPicture(ids, onto);
    else if (section >= 0) moveInto(ids, section);
  };

  scroller.addEventListener('pointerdown', (event) => {
    hasDragged = false;
    const tile = event.target instanceof Element ? event.target.closest('.tile') : null;
    const plain = event.button === 0 && !event.shiftKey && !event.ctrlKey && !event.metaKey;
    if (!(tile instanceof HTMLElement) || !plain || event.pointerType === 'touch' || state.readOnly.peek() || state.results.peek()) return;
    drag = { x: event.clientX, y: event.clientY, id: Number(tile.dataset.id), ids: [], ghost: null, section: -1, onto: -1 };
  }, { signal: stops.signal });
  addEventListener('pointermove', moved, { signal: stops.signal });
  addEventListener('pointerup', dropped, { signal: stops.signal });
  addEventListener('pointercancel', end, { signal: stops.signal });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !drag?.ghost) return;
    end();
    event.preventDefault();
    event.stopPropagation();
  }, { signal: stops.signal, capture: true });
  // The end of a drag is not a click on the picture.
  scroller.addEventListener('click', (event) => {
    if (!hasDragged) return;
    hasDragged = false;
    event.preventDefault();
    event.stopPropagation();
  }, { signal: stops.signal, capture: true });
  return () => {
    end();
    stops.abort();
  };
}
