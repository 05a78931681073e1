/** Heads of the gallery's sections, and the one that sticks to the top while its pictures scroll. */
import { PATHS } from '../core/icons.js';
import { numberText, spanText } from '../core/text.js';
import { closeness } from '../data/scale.js';
import { titleOf } from '../state/clusters.js';
import { readOnly } from '../state/state.js';

/** @typedef {{element: HTMLElement, title: HTMLButtonElement, facts: HTMLElement, text: string}} Head */

/** @param {string} name @param {string} className @param {string} [text] */
function make(name, className, text = '') {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} command @param {string} label */
function action(command, label) {
  const button = /** @type {HTMLButtonElement} */ (make('button', 'head-action'));
  const icon = document.createElementNS(SVG, 'svg'), path = document.createElementNS(SVG, 'path');
  icon.setAttribute('class', 'icon');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', PATHS[command]);
  icon.append(path);
  button.append(icon);
  button.type = 'button';
  button.dataset.command = command;
  button.title = label;
  button.setAttribute('aria-label', label);
  return button;
}

/** A pool of heads, by section. */
export class Heads {
  /** @param {HTMLElement} parent @param {HTMLElement} stuck @param {import('../data/collection.js').Collection} collection */
  constructor(parent, stuck, collection) {
    this.parent = parent;
    this.collection = collection;
    /** @type {Head[]} */
    this.pool = [];
    this.used = 0;
    /** times as text, by section, of one arrangement */
    this.spans = /** @type {Map<number, string>} */ (new Map());
    this.spansOf = /** @type {import('../data/arrange.js').Arrangement | null} */ (null);
    /** the section, in the drawing to come, and the button of the head that has the focus */
    this.pressed = /** @type {{section: number, command: string} | null} */ (null);
    this.sticky = this.#make(stuck, 'p');
    this.sticky.element.classList.add('stuck');
    this.sticky.element.hidden = true;
  }

  /** Starts a new drawing of the page. */
  begin() {
    this.used = 0;
    this.pressed ??= this.focused();
  }

  /** @param {HTMLElement} parent @param {'h2' | 'p'} level @returns {Head} */
  #make(parent, level) {
    const element = make('div', 'head');
    const heading = make(level, 'head-title');
    const title = /** @type {HTMLButtonElement} */ (make('button', 'title-button'));
    title.type = 'button';
    title.dataset.command = 'open-cluster';
    heading.append(title);
    const facts = make('span', 'facts');
    const actions = make('span', 'head-actions');
    actions.append(
      action('select-cluster', 'Select the cluster'),
      action('split-cluster', 'Split at its last merge'),
      action('join-cluster', 'Join with its neighbour in the dendrogram'),
      ...(readOnly.peek() ? [] : [action('name-cluster', 'Name the cluster')]),
    );
    element.append(heading, facts, actions);
    parent.append(element);
    return { element, title, facts, text: '' };
  }

  /**
   * @param {number} s @param {import('../data/arrange.js').Arrangement} arrangement @param {import('../data/layout.js').Layout} layout
   * @param {number} offset
   */
  put(s, arrangement, layout, offset) {
    const head = this.pool[this.used] ?? (this.pool[this.used] = this.#make(this.parent, 'h2'));
    this.used++;
    head.element.hidden = false;
    head.element.style.transform = `translate(${layout.left[s]}px, ${layout.top[s] + offset}px)`;
    head.element.style.width = `${layout.width[s]}px`;
    head.element.classList.toggle('short', layout.width[s] < 420);
    this.#write(head, s, arrangement);
  }

  /** @param {Head} head @param {number} s @param {import('../data/arrange.js').Arrangement} arrangement */
  #write(head, s, arrangement) {
    const single = arrangement.hasSingles && s === arrangement.k - 1;
    const count = arrangement.to[s] - arrangement.from[s];
    const title = titleOf(arrangement, s);
    const plain = single || arrangement.numbers[s] === 0;
    head.element.dataset.section = String(s);
    head.element.classList.toggle('plain', plain);
    const facts = [numberText(count)];
    if (!plain) facts.push(closeness(arrangement.height[s], this.collection.scale));
    const times = plain ? '' : this.#times(s, arrangement);
    if (times) facts.push(times);
    const text = `${title}\n${facts.join(' · ')}`;
    if (text === head.text) return;
    head.text = text;
    head.title.textContent = title;
    head.title.disabled = plain;
    head.facts.textContent = head.facts.title = facts.join(' · ');
  }

  /** @param {number} s @param {import('../data/arrange.js').Arrangement} arrangement */
  #times(s, arrangement) {
    if (this.spansOf !== arrangement) {
      this.spansOf = arrangement;
      this.spans.clear();
    }
    const known = this.spans.get(s);
    if (known !== undefined) return known;
    let from = Infinity, to = -Infinity;
    for (let f = arrangement.from[s]; f < arrangement.to[s]; f++) {
      const taken = this.collection.takenS(this.collection.order[arrangement.flat[f]]);
      if (taken < from) from = taken;
      if (taken > to) to = taken;
    }
    const text = spanText(from, to);
    this.spans.set(s, text);
    return text;
  }

  /**
   * Hides unused heads, and sets the one that sticks.
   * @param {import('../data/arrange.js').Arrangement} arrangement @param {import('../data/layout.js').Layout} layout
   * @param {import('./scrollbox.js').ScrollBox} scroll
   */
  end(arrangement, layout, scroll) {
    for (let i = this.used; i < this.pool.length; i++) this.pool[i].element.hidden = true;
    const s = layout.sectionAt(scroll.top + 1);
    const sticks = s < arrangement.k && layout.top[s] < scroll.top && !layout.shelved[s];
    this.sticky.element.hidden = !sticks;
    if (sticks) {
      this.#write(this.sticky, s, arrangement);
      const left = layout.top[s] + layout.sectionHeight(s) - scroll.top - layout.measures.headPx;
      this.sticky.element.style.transform = `translateY(${Math.min(0, left)}px)`;
    }
    const { pressed } = this;
    this.pressed = null;
    if (pressed && this.focused()?.section !== pressed.section) this.#focus(pressed.section, pressed.command);
  }

  /** The button of a head that has the focus: its section and its command. @returns {{section: number, command: string} | null} */
  focused() {
    const button = document.activeElement;
    const head = button instanceof HTMLElement && button.dataset.command ? button.closest('[data-section]') : null;
    const isOurs = head instanceof HTMLElement && (this.parent.contains(head) || head === this.sticky.element);
    if (!isOurs) return null;
    return { section: Number(head.dataset.section), command: /** @type {HTMLElement} */ (button).dataset.command ?? '' };
  }

  /**
   * Gives the focus back to the button that had it: the element now belongs to the head of another section.
   * @param {number} s @param {string} command
   */
  #focus(s, command) {
    const drawn = [...this.pool.slice(0, this.used), this.sticky].filter(({ element }) => !element.hidden);
    const head = drawn.find(({ element }) => element.dataset.section === String(s));
    const button = head?.element.querySelector(`[data-command="${command}"]`);
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
    // A head that was scrolled away has no element, and ungrouped pictures have no buttons.
    if (document.activeElement !== button) this.parent.parentElement?.focus({ preventScroll: true });
  }

  /** Removes all elements. */
  clear() {
    for (const head of [...this.pool, this.sticky]) head.element.remove();
    this.pool = [];
  }
}
