/** Shows the place in the gallery while it is scrolled fast, as with the scroll bar. */
import { titleOf } from '../state/clusters.js';

/** Steps of more than this share of the window are fast. */
const FAST = 0.7;
const GONE_AFTER_MS = 900;
const BY_KEY_MS = 250;

/**
 * @param {HTMLElement} scroller @param {() => import('./grid.js').Grid | null} theGrid
 * @returns {() => void} ends it
 */
export function labelWhileScrolling(scroller, theGrid) {
  const label = document.createElement('div');
  label.className = 'scroll-label';
  label.setAttribute('aria-hidden', 'true');
  label.hidden = true;
  scroller.after(label);
  let last = scroller.scrollTop, timer = 0, pressedAt = -Infinity;
  // A picture that a key leads to has its head beside it.
  const pressed = () => { pressedAt = performance.now(); };
  const scrolled = () => {
    const now = scroller.scrollTop, step = Math.abs(now - last);
    last = now;
    const grid = theGrid(), arrangement = grid?.arrangement;
    if (performance.now() - pressedAt < BY_KEY_MS || !grid || !arrangement?.k || (label.hidden && step < FAST * scroller.clientHeight)) return;
    const s = Math.min(arrangement.k - 1, grid.layout.sectionAt(grid.scroll.top + 1));
    const part = now / Math.max(1, scroller.scrollHeight - scroller.clientHeight);
    label.textContent = titleOf(arrangement, s);
    label.style.transform = `translateY(${Math.round(12 + part * Math.max(0, scroller.clientHeight - 60))}px)`;
    label.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { label.hidden = true; }, GONE_AFTER_MS);
  };
  scroller.addEventListener('scroll', scrolled, { passive: true });
  addEventListener('keydown', pressed, { capture: true });
  return () => {
    clearTimeout(timer);
    scroller.removeEventListener('scroll', scrolled);
    removeEventListener('keydown', pressed, { capture: true });
    label.remove();
  };
}
