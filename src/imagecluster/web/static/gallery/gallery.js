/** The gallery: a scrolling window onto all clusters, drawn by the grid. */
import { effect, html, untracked, useEffect, useRef } from '../core/preact.js';
import { titleOf } from '../state/clusters.js';
import * as selection from '../state/selection.js';
import { chosen } from '../state/choices.js';
import * as state from '../state/state.js';
import { runCommand } from '../commands/commands.js';
import { openPicture } from '../commands/navigate.js';
import { watchDragging } from './drag.js';
import { Grid, measures } from './grid.js';
import { openMenu } from './menu.js';
import { watchRectangle } from './rectangle.js';
import { labelWhileScrolling } from './scroll_label.js';

const NAMES_AFTER_MS = 150;
/** Milliseconds after which the picture under a resting pointer on the map is scrolled into view. */
const REVEAL_AFTER_MS = 140;
const MOST_GLIDING = 200_000;
/** Milliseconds between arrangements below which the slider is being dragged: pictures do not glide then. */
const HURRIED_MS = 200;
/** Room below the last picture, so that nothing hides behind the bar with the slider. */
const FOOT_PX = 24;

/** Sets up the grid on its elements; returns a function that removes it. @param {HTMLElement} scroller */
function mount(scroller) {
  const box = /** @type {HTMLElement} */ (scroller.querySelector('.box'));
  const stuck = /** @type {HTMLElement} */ (scroller.querySelector('.sticker'));
  /** @type {Grid | null} */
  let grid = null;
  let frame = 0, namesTimer = 0, revealTimer = 0, arrangedAt = -Infinity, sim = state.sim.peek();
  /** What was in sight before a search, and the picture that keys acted on. @type {{held: import('./grid.js').Held[], active: number} | null} */
  let beforeSearch = null;
  let shownResults = state.results.peek();
  const redraw = () => {
    frame = 0;
    grid?.draw();
    rested();
  };
  const rested = () => {
    clearTimeout(namesTimer);
    namesTimer = setTimeout(() => {
      if (!grid) return;
      grid.complete();
      state.anchor.value = grid.scroll.top > 40 ? grid.first : -1;
      grid.collection.names.fetch(grid.tiles.shown.keys());
    }, NAMES_AFTER_MS);
  };
  const arrange = () => {
    const arrangement = state.arrangement.peek();
    if (!grid || !arrangement) return;
    const active = state.active.peek(), shown = grid.arrangement;
    let held = toHold(grid);
    if (shown?.runs && !arrangement.runs) beforeSearch = { held: grid.held(state.inSight.peek()), active };
    if (shown && !shown.runs && arrangement.runs && beforeSearch) {
      held = beforeSearch.held;
      state.active.value = beforeSearch.active;
      beforeSearch = null;
    }
    const results = state.results.peek();
    if (results && results !== shownResults) {
      held = [];
      grid.scroll.scrollTo(0);
    }
    shownResults = results;
    const now = performance.now();
    const hurried = now - arrangedAt < HURRIED_MS;
    arrangedAt = now;
    // With very many pictures hardly any stays in view, and the time is needed for the cut.
    box.classList.toggle('gliding', !hurried && grid.collection.n <= MOST_GLIDING);
    grid.update(arrangement, measures(box.clientWidth, state.size.peek()), scroller.clientHeight, held, hurried);
    rested();
  };
  /**
   * What stays under the eye: the cluster whose button was pressed, the picture with the focus, or what is at the top.
   * The slider holds one picture, and nothing at the very top, where it shows the first clusters of each cut.
   * @param {Grid} grid
   */
  const toHold = (grid) => {
    const isSlider = state.sim.peek() !== sim, active = state.active.peek(), inSight = state.inSight.peek();
    sim = state.sim.peek();
    const isAtTop = grid.scroll.top <= 40, isFocused = active >= 0 && inSight.includes(active);
    if (isSlider) return isAtTop || !inSight.length ? [] : grid.held([isFocused ? active : inSight[0]]);
    const pressed = grid.pressedPicture;
    if (isAtTop && pressed < 0 && !isFocused) return [];
    return grid.held([...(pressed < 0 ? [] : [pressed]), ...(isFocused ? [active, ...around(active, inSight)] : inSight)]);
  };
  const bringIntoSight = (/** @type {{id: number, toTop: boolean, focus: boolean}} */ { id, toTop, focus }) => {
    grid?.reveal(id, toTop);
    if (focus) grid?.tiles.shown.get(id)?.element.focus({ preventScroll: true });
  };
  const onScroll = () => {
    grid?.scroll.scrolled();
    box.classList.remove('gliding');
    if (!frame) frame = requestAnimationFrame(redraw);
  };
  scroller.addEventListener('scroll', onScroll, { passive: true });
  const resized = new ResizeObserver(arrange);
  resized.observe(scroller);
  const ends = [
    effect(() => {
      const collection = state.collection.value;
      grid?.clear();
      grid = collection && collection.n ? new Grid(scroller, box, stuck, collection) : null;
      state.inSight.value = [];
      beforeSearch = null;
      if (grid) grid.paddingPx = FOOT_PX;
      scroller.scrollTop = 0;
    }),
    effect(() => {
      if (state.arrangement.value && state.size.value) arrange();
    }),
    effect(() => {
      // Read before the grid is checked: an effect is not told of signals that it has not read.
      const selection = state.selection.value, active = state.active.value, collection = state.collection.value;
      void chosen.value;
      if (collection) grid?.mark(selection, active);
    }),
    effect(() => {
      const names = state.collection.value?.names;
      if (!names?.version.value) return;
      for (const tile of grid?.tiles.shown.values() ?? []) tile.element.setAttribute('aria-label', names.nameOf(tile.id));
    }),
    effect(() => {
      if (state.collection.value?.coloursVersion.value) grid?.tiles.recolour();
    }),
    effect(() => {
      const wanted = state.wanted.value;
      // Drawing, and what listens to the focus, must not run this effect again.
      if (wanted) untracked(() => bringIntoSight(wanted));
    }),
    effect(() => {
      const { id, section, from } = state.pointed.value, isSplit = state.isSplit.value;
      clearTimeout(revealTimer);
      grid?.point(isSplit && from === 'map' ? id : -1, isSplit && from === 'map' ? section : -1);
      if (isSplit && from === 'map' && id >= 0) revealTimer = setTimeout(() => grid?.reveal(id), REVEAL_AFTER_MS);
    }),
    watchRectangle(scroller, box, () => grid),
    watchDragging(scroller, () => grid),
    labelWhileScrolling(scroller, () => grid),
  ];
  return () => {
    ends.forEach((end) => end());
    resized.disconnect();
    clearTimeout(namesTimer);
    clearTimeout(revealTimer);
    cancelAnimationFrame(frame);
    scroller.removeEventListener('scroll', onScroll);
    grid?.clear();
  };
}

/** The pictures in sight, those after a given one first. @param {number} id @param {readonly number[]} inSight */
const around = (id, inSight) => [...inSight.slice(inSight.indexOf(id) + 1), ...inSight.slice(0, inSight.indexOf(id)).reverse()];

/** @param {EventTarget | null} target */
function tileId(target) {
  const tile = target instanceof Element ? target.closest('.tile') : null;
  return tile instanceof HTMLElement ? Number(tile.dataset.id) : -1;
}

/** Side of the corner of a tile that selects it. */
const CORNER_PX = 36;

/** @param {MouseEvent} event */
const isTouch = (event) => event instanceof PointerEvent && event.pointerType === 'touch';

/** Whether the event is on the tick in the corner of a tile. @param {MouseEvent} event */
function inCorner(event) {
  const tile = event.target instanceof Element ? event.target.closest('.tile') : null;
  if (!tile || event.detail === 0 || isTouch(event)) return false; // 0: by key
  const { right, top } = tile.getBoundingClientRect();
  return right - event.clientX < CORNER_PX && event.clientY - top < CORNER_PX;
}

/** Opens the menu of what is under the pointer; a resting finger selects instead. @param {MouseEvent} event */
function menuAsked(event) {
  const id = tileId(event.target), arrangement = state.arrangement.peek();
  const head = event.target instanceof Element ? event.target.closest('[data-section]') : null;
  if (!arrangement || (id < 0 && (state.results.peek() || !(head instanceof HTMLElement)))) return;
  event.preventDefault();
  if (id >= 0) state.active.value = id;
  if (id >= 0 && isTouch(event)) {
    selection.toggle(id);
    return;
  }
  const section = head instanceof HTMLElement ? Number(head.dataset.section) : -1;
  openMenu(event, id, section, id >= 0 ? state.collectionNow().names.nameOf(id) : titleOf(arrangement, section));
}

/** @param {MouseEvent} event */
function clicked(event) {
  const id = tileId(event.target);
  if (id >= 0) {
    if (event.shiftKey) selection.extendTo(id);
    else if (event.ctrlKey || event.metaKey || inCorner(event)) selection.toggle(id);
    // There are no modifier keys for a finger: once something is selected, a tap selects.
    else if (isTouch(event) && state.selection.peek().size) selection.toggle(id);
    else openPicture({ id });
    state.active.value = id;
    return;
  }
  const button = event.target instanceof Element ? event.target.closest('[data-command]') : null;
  const head = button?.closest('[data-section]');
  if (button instanceof HTMLElement && head instanceof HTMLElement) {
    runCommand(String(button.dataset.command), { section: Number(head.dataset.section) });
  }
}

/** Tells the map which picture has the pointer or the focus. @param {Event} event */
function pointedAt(event) {
  const tile = event.target instanceof Element ? event.target.closest('.tile') : null;
  if (tile instanceof HTMLElement) tile.title = state.collectionNow().names.pathOf(Number(tile.dataset.id));
  if (!state.isSplit.peek()) return;
  const id = tileId(event.target);
  const head = event.target instanceof Element ? event.target.closest('[data-section]') : null;
  if (id >= 0) state.pointAt(id, state.collectionNow().places.sectionOf(id), 'gallery');
  else state.pointAt(-1, head instanceof HTMLElement ? Number(head.dataset.section) : -1, 'gallery');
}

/** The gallery as a component. */
export function Gallery() {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => (scroller.current ? mount(scroller.current) : undefined), []);
  const focused = (/** @type {FocusEvent} */ event) => {
    const id = tileId(event.target);
    if (id >= 0) state.active.value = id;
    pointedAt(event);
  };
  const left = () => state.pointAt(-1, -1, 'gallery');
  return html`<div id="gallery" class="scroller" role=${state.isSplit.value ? 'region' : 'main'} aria-label="Pictures by cluster" tabindex="0"
    ref=${scroller} onClick=${clicked} onContextMenu=${menuAsked} onFocusIn=${focused} onFocusOut=${left} onPointerOver=${pointedAt} onPointerLeave=${left}>
    <div class="sticker"></div>
    <div class="box"></div>
  </div>`;
}
