/** A picture on a stage: small at once, then at the size of the screen, and its own pixels once one has zoomed in far. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { original, screenSize, thumbnail } from '../data/api.js';
import * as state from '../state/state.js';
import { Zoom } from './zoom.js';

/** Longer side of what the server sends for a screen. */
const SCREEN_PX = 2048;
/** Enlarged by so much, it looks soft. */
const SOFT = 1.2;

/**
 * The stage, with its average colour until the picture has loaded.
 * @param {{id: number, views?: import('./zoom.js').Together, onError?: () => void, children?: unknown}} props
 * `views`: those that zoom and move together; `children`: what lies over the picture
 */
export function LargeImage({ id, views, onError, children }) {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  const [isClose, setClose] = useState(false);
  const collection = state.shownCollection(), width = collection.widthPx(id), height = collection.heightPx(id);
  const sentPx = width * Math.min(1, SCREEN_PX / Math.max(width, height, 1));
  useEffect(() => {
    if (!stage.current) return undefined;
    const zoom = new Zoom(stage.current, width, height, views, undefined, (shownPx) => { if (sentPx < width && shownPx > SOFT * sentPx) setClose(true); });
    return () => zoom.end();
  }, [id]);
  const come = (/** @type {Event} */ event) => /** @type {Element} */ (event.target).classList.add('there');
  return html`<div class="stage" ref=${stage}><div class="sheet" style=${{ backgroundColor: collection.colour(id) }}>
      <img class="under" src=${thumbnail(collection.snapshot, id, 384)} alt=""/>
      <img class="over" src=${screenSize(collection.snapshot, id)} alt="" onLoad=${come} onError=${onError}/>
      ${isClose && html`<img class="over" src=${original(collection.snapshot, id)} alt="" onLoad=${come}/>`}
    </div>${children}</div>`;
}
