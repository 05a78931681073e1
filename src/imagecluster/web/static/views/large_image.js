/** A picture on a stage: small at once, then at the size of the screen, and its own pixels once one has zoomed in far. */
import { html, useState } from '../core/preact.js';
import { original, screenSize, thumbnail } from '../data/api.js';
import * as state from '../state/state.js';

/** Longer side of what the server sends for a screen. */
const SCREEN_PX = 2048;
/** Enlarged by so much, it looks soft. */
const SOFT = 1.2;

/**
 * Whether a picture's own pixels are needed, and what its zoom calls to say how large it is shown.
 * @param {number} widthPx of the picture @param {number} heightPx @returns {[boolean, (shownPx: number) => void]}
 */
export function useOwnPixels(widthPx, heightPx) {
  const [isClose, setClose] = useState(false);
  const sentPx = widthPx * Math.min(1, SCREEN_PX / Math.max(widthPx, heightPx, 1));
  return [isClose && sentPx < widthPx, (shownPx) => { if (shownPx > SOFT * sentPx) setClose(true); }];
}

/** @param {{id: number, isClose: boolean, onError?: () => void}} props */
export function LargeImage({ id, isClose, onError }) {
  const collection = state.shownCollection();
  const come = (/** @type {Event} */ event) => /** @type {Element} */ (event.target).classList.add('there');
  return html`<div class="sheet" style=${{ backgroundColor: collection.colour(id) }}>
    <img class="under" src=${thumbnail(collection.snapshot, id, 384)} alt=""/>
    <img class="over" src=${screenSize(collection.snapshot, id)} alt="" onLoad=${come} onError=${onError}/>
    ${isClose && html`<img class="over" src=${original(collection.snapshot, id)} alt="" onLoad=${come}/>`}
  </div>`;
}
