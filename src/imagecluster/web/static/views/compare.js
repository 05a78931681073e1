/** Two to four pictures side by side, which zoom and move together. */
import { html, useEffect, useMemo, useState } from '../core/preact.js';
import { bytesText, countText, momentText, simText } from '../core/text.js';
import { askPicture } from '../data/api.js';
import { simOf } from '../data/scale.js';
import * as state from '../state/state.js';
import { CommandButton, Icon } from '../commands/buttons.js';
import { openPicture, showDialog } from '../commands/navigate.js';
import { LargeImage } from './large_image.js';
import { Modal } from './modal.js';
import { Together } from './zoom.js';

/** @typedef {import('../core/wire.js').PictureFacts} PictureFacts */

/** @param {readonly number[]} ids @returns {ReadonlyMap<number, PictureFacts>} */
function useFacts(ids) {
  const [known, setKnown] = useState(/** @type {ReadonlyMap<number, PictureFacts>} */ (new Map()));
  const snapshot = state.collection.value?.snapshot;
  useEffect(() => {
    if (snapshot === undefined) return undefined;
    const stop = new AbortController();
    for (const id of ids) {
      askPicture(snapshot, id, stop.signal).then(
        (facts) => setKnown((before) => new Map([...before, [id, facts]])),
        (error) => { if (!stop.signal.aborted) state.notify(error.message); },
      );
    }
    return () => stop.abort();
  }, [ids.join(), snapshot]);
  return known;
}

/** The best of some values, if they differ. @param {number[]} values */
const best = (values) => (values.length > 1 && values.some((v) => v !== values[0]) ? Math.max(...values) : NaN);

/** The comparison. */
export function Compare() {
  const collection = state.shownCollection();
  const hidden = new Set((state.arrangement.value?.hidden ?? []).map((p) => collection.order[p]));
  const ids = state.compared.value.filter((id) => !hidden.has(id));
  const known = useFacts(ids);
  const views = useMemo(() => new Together(), []);
  const close = () => showDialog(null);
  useEffect(() => { if (ids.length < 2) close(); }, [ids.length]);
  const pixels = ids.map((id) => collection.widthPx(id) * collection.heightPx(id));
  const bytes = ids.map((id) => known.get(id)?.bytes ?? 0);
  const between = ids.length === 2 ? known.get(ids[0])?.neighbours.find((n) => n.id === ids[1]) : undefined;
  const mark = (/** @type {boolean} */ on, /** @type {string} */ text) => (on ? html`<b>${text}</b>` : text);
  return html`<${Modal} label="Compare pictures" kind="compare" onClose=${close}>
    <div class="dialog-title"><h2 tabindex="-1" data-first>${countText(ids.length, 'picture')} <span class="soft">${between ? `similarity ${simText(simOf(collection.scale, between.distance))}${between.points ? ` · verified: ${between.points} matching points` : ''}` : 'zoomed together'}</span></h2>
      <button type="button" class="button round" aria-label="Close" title="Close (Esc)" onClick=${close}><${Icon} name="close"/></button></div>
    <ul class=${`panes of-${ids.length}`}>${ids.map((id, i) => {
    const facts = known.get(id);
    return html`<li key=${id}><div class="compare-stage"><${LargeImage} id=${id} views=${views}/></div>
      <div class="pane-facts"><p><b class="pane-name">${facts?.name ?? ' '}</b><span class="soft">${facts ? facts.folder || 'top folder' : ' '}</span>
        <span>${mark(pixels[i] === best(pixels), `${collection.widthPx(id)} × ${collection.heightPx(id)}`)} · ${facts && mark(bytes[i] === best(bytes), bytesText(facts.bytes))}${facts?.format && ` · ${facts.format}`}</span>
        <span class="soft">${facts && facts.taken_s !== null ? momentText(facts.taken_s) : ''}</span></p>
        <div class="row"><button type="button" class="button" onClick=${() => { close(); openPicture({ id }); }}>Show large</button>
          ${!state.readOnly.value && html`<${CommandButton} id="hide" text="Hide" context=${{ id }}/>`}</div></div></li>`;
  })}</ul>
  </${Modal}>`;
}
