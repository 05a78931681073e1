/** The frame of all dialogs. */
import { html, useEffect, useRef } from '../core/preact.js';
import * as state from '../state/state.js';
import { focusAgain } from '../commands/navigate.js';
import { NoticeButton } from '../commands/buttons.js';

/**
 * A modal dialog; the browser keeps the focus inside; afterwards it is where it was.
 * @param {{label: string, kind?: string, onClose: () => void, onKeyDown?: (event: KeyboardEvent) => void, children?: unknown}} props
 */
export function Modal({ label, kind = '', onClose, onKeyDown, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const shown = element.current, before = document.activeElement;
    // Elements of the gallery stand for other pictures by the time the dialog is closed.
    const id = before instanceof HTMLElement && before.classList.contains('tile') ? Number(before.dataset.id) : -1;
    shown?.showModal();
    /** @type {HTMLElement | null | undefined} */ (shown?.querySelector('[data-first]'))?.focus();
    return () => {
      shown?.close();
      if (id >= 0) focusAgain(id);
    };
  }, []);
  const cancelled = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose();
  };
  const clicked = (/** @type {MouseEvent} */ event) => { if (event.target === element.current) onClose(); };
  return html`<dialog class=${kind} aria-label=${label} ref=${element} onCancel=${cancelled} onClick=${clicked} onKeyDown=${onKeyDown}>${children}
    ${state.notice.value && html`<p class="dialog-notice" role="status">${state.notice.value.text} <${NoticeButton}/></p>`}</dialog>`;
}
