/** A picture from outside, dropped on the page or pasted, to search for similar ones. */
import { html, signal } from '../core/preact.js';
import { copy } from '../data/copy.js';
import * as state from '../state/state.js';
import { searchFile } from '../commands/search.js';

/** Whether files are being dragged over the page. */
const isOver = signal(false);

/** @param {DataTransfer | null} data */
const hasFiles = (data) => data?.types.includes('Files') ?? false;

/** @param {DataTransfer | null} data @returns {File | undefined} */
const pictureIn = (data) => [...(data?.files ?? [])].find((file) => file.type.startsWith('image/') || !file.type);

/** Starts listening; a copy of the page cannot search. */
export function watchDropped() {
  if (copy) return;
  addEventListener('dragover', (event) => {
    if (!hasFiles(event.dataTransfer) || !state.collection.peek()?.n) return;
    event.preventDefault();
    isOver.value = true;
  });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) isOver.value = false; });
  addEventListener('drop', (event) => {
    isOver.value = false;
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    const file = pictureIn(event.dataTransfer);
    if (file) searchFile(file);
    else state.notify('Drop a picture to find similar ones.');
  });
  addEventListener('paste', (event) => {
    const file = event.target instanceof HTMLInputElement ? undefined : pictureIn(event.clipboardData);
    if (file) searchFile(file);
  });
}

/** The message about what a drop would do. */
export function DropHint() {
  return isOver.value && html`<div class="drop-hint" aria-hidden="true"><p>Drop a picture to find similar ones</p></div>`;
}
