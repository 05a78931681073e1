/** The menu of a picture or a cluster: right mouse button, or the menu key. */
import { html, signal, useLayoutEffect, useRef } from '../core/preact.js';
import * as state from '../state/state.js';
import { canRun, commandOf, has, keyText, runCommand } from '../commands/commands.js';

/** @typedef {import('../commands/target.js').Context} Context */

/** @type {import('../vendor/signals.js').Signal<{x: number, y: number, label: string, context: Context, groups: string[][]} | null>} */
export const menu = signal(null);

/** Labels that are shorter than those of the commands, since the target is clear. */
const SHORT = /** @type {Record<string, string>} */ ({
  open: 'Show large', 'open-cluster': 'About the cluster', similar: 'Find similar', compare: 'Compare', select: 'Select',
  'select-cluster': 'Select the cluster', 'name-cluster': 'Name the cluster…', 'split-cluster': 'Split the cluster',
  'join-cluster': 'Join with the nearest cluster', together: 'Keep together', apart: 'Keep apart', hide: 'Hide',
  'move-here': 'Move the selection here', 'copy-path': 'Copy the path', reveal: 'Show in the file manager',
});

const OF_CLUSTER = [['open-cluster', 'select-cluster'], ['name-cluster', 'split-cluster', 'join-cluster', 'move-here']];

/** @param {Event} event @param {number} id @param {number} section @param {string} label */
export function openMenu(event, id, section, label) {
  const { clientX, clientY } = /** @type {MouseEvent} */ (event);
  const isSelected = state.selection.peek().has(id);
  const ofPicture = [
    ['open', 'similar', 'select', ...(isSelected ? ['compare'] : [])], ...OF_CLUSTER,
    [...(isSelected ? ['together'] : []), 'apart', 'hide'], ['copy-path', 'reveal'],
  ];
  const groups = (id >= 0 ? ofPicture : OF_CLUSTER).map((group) => group.filter((command) => has(command) && canRun(command)));
  // A selected picture stands for all selected ones, any other for itself.
  const context = id < 0 ? { section } : isSelected ? {} : { id };
  // The menu key gives the middle of the element, or no position.
  const around = event.target instanceof Element && !clientX && !clientY ? event.target.getBoundingClientRect() : null;
  menu.value = {
    x: around ? around.left + 20 : clientX, y: around ? around.top + 20 : clientY, label, context,
    groups: groups.filter((group) => group.length),
  };
}

/** The menu, if it is open. */
export function Menu() {
  const shown = menu.value;
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const before = useRef(/** @type {Element | null} */ (null));
  useLayoutEffect(() => {
    const box = element.current;
    if (!box || !shown) return undefined;
    before.current = document.activeElement;
    box.style.left = `${Math.max(6, Math.min(shown.x, innerWidth - box.offsetWidth - 6))}px`;
    box.style.top = `${Math.max(6, Math.min(shown.y, innerHeight - box.offsetHeight - 6))}px`;
    box.focus();
    const away = (/** @type {Event} */ event) => { if (!(event.target instanceof Node && box.contains(event.target))) menu.value = null; };
    const stops = new AbortController();
    for (const kind of ['pointerdown', 'wheel', 'blur', 'resize']) addEventListener(kind, away, { signal: stops.signal, capture: true });
    return () => stops.abort();
  }, [shown]);
  if (!shown) return null;
  const close = () => {
    menu.value = null;
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    const items = [.../** @type {HTMLElement} */ (element.current).querySelectorAll('button')];
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const step = /** @type {Record<string, number>} */ ({ ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 })[event.key];
    if (step !== undefined) items[(step + items.length) % items.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else return;
    event.preventDefault();
  };
  const chosen = (/** @type {string} */ id) => () => {
    const { context } = shown;
    close();
    runCommand(id, context);
  };
  return html`<aside aria-label="Commands"><div class="menu" role="menu" tabindex="-1" aria-label=${shown.label} ref=${element} onKeyDown=${pressed} onContextMenu=${(/** @type {Event} */ e) => e.preventDefault()}>
    ${shown.groups.map((group, i) => html`${i > 0 && html`<div class="menu-rule" role="separator"></div>`}${group.map((id) => html`<button type="button" role="menuitem" tabindex="-1" key=${id} data-id=${id} onClick=${chosen(id)}>
      <span>${SHORT[id] ?? commandOf(id).label}</span>${commandOf(id).keys.length > 0 && html`<kbd aria-hidden="true">${keyText(commandOf(id).keys[0])}</kbd>`}</button>`)}`)}
  </div></aside>`;
}
