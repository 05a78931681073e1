/** The map: each picture is a point, similar ones near each other, coloured by cluster at the current similarity. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { askMap } from '../data/api.js';
import * as state from '../state/state.js';
import { CommandButton } from '../commands/buttons.js';
import { MapHands } from './hands.js';
import { MapStage } from './stage.js';

const AGAIN_AFTER_MS = 1500;

/** The map as a component. */
export function MapView() {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  const [message, setMessage] = useState('');
  const [betterComes, setBetterComes] = useState(false);
  const [lasso, setLasso] = useState(false);
  const lassoing = useRef(false);
  lassoing.current = lasso;
  const shown = useRef(/** @type {{stage: MapStage, hands: MapHands} | null} */ (null));
  const collection = state.collection.value, version = state.mapVersion.value;
  useEffect(() => {
    if (!stage.current || !collection) return undefined;
    const element = stage.current;
    let ended = false, timer = 0;
    const begin = async () => {
      try {
        const answer = await askMap(collection.snapshot);
        if (ended) return;
        if (!answer) {
          setMessage('Computing the map…');
          timer = setTimeout(begin, AGAIN_AFTER_MS);
          return;
        }
        setMessage('');
        setBetterComes(answer.betterComes);
        const drawn = new MapStage(element, collection, answer.places);
        shown.current = { stage: drawn, hands: new MapHands(drawn, () => lassoing.current === true) };
      } catch (error) {
        if (!ended) setMessage(error instanceof Error ? error.message : String(error));
      }
    };
    begin();
    return () => {
      ended = true;
      clearTimeout(timer);
      shown.current?.hands.end();
      shown.current?.stage.end();
      shown.current = null;
    };
  }, [collection, version]);
  return html`<main class="map" aria-label="Similarity map">
    <div class="map-stage" ref=${stage} tabindex="0" role="application" aria-label="Map: arrows move, plus and minus zoom, shift and drag select"></div>
    <div class="map-tools"><button type="button" class="button" aria-pressed=${lasso ? 'true' : 'false'} onClick=${() => setLasso(!lasso)}>Lasso</button>
      <button type="button" class="button" onClick=${() => shown.current?.stage.reset()}>Show all</button>
      <${CommandButton} id="beside" text="Gallery" kind="room-for-both" pressed=${state.beside.value}/></div>
    ${message && html`<p class="map-notice" role="status">${message}</p>`}
    ${betterComes && html`<p class="map-note" role="status">A more detailed map is being computed and will appear when it is ready.</p>`}
  </main>`;
}
