/** Loads the collection, and listens to the server: progress of a run, new data, the server's end. */
import { batch } from '../core/preact.js';
import { askEdits, askState, renewToken, setPlace } from '../data/api.js';
import { loadCollection } from '../data/collection.js';
import { copy } from '../data/copy.js';
import { forgetEdits, forgetViews, refreshEdits, setEdits } from '../state/history.js';
import * as selection from '../state/selection.js';
import * as cull from '../state/cull.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import * as trips from '../state/trips.js';
import { readLink } from './address.js';
import { heardOfSearch } from './duplicates.js';
import { heardOfTrips } from './trips.js';
import { repeatedSearch } from './search.js';

const AGAIN_AFTER_MS = 2000;

/** Loads the current collection from the server. @param {boolean} first whether nothing is shown yet */
export async function load(first) {
  try {
    const server = await askState();
    if (first) setPlace(server.place);
    else if (server.place !== state.server.peek()?.place) {
      // Nothing that this page shows, or can undo, belongs to the collection that is at this address now.
      location.reload();
      return;
    }
    if (!first && !state.online.peek()) await renewToken();
    if (!first && server.snapshot === state.collection.peek()?.snapshot) {
      state.server.value = server;
      state.run.value = server.run;
      state.online.value = true;
      return;
    }
    const [collection, edits, results] = await Promise.all([
      loadCollection(server), askEdits(), first ? null : repeatedSearch(server).catch(() => null),
    ]);
    document.title = `${server.root_name} · imagecluster`;
    batch(() => {
      state.server.value = server;
      state.run.value = server.run;
      state.online.value = true;
      if (first) state.sim.value = server.sim;
      else {
        state.branches.value = [];
        selection.clearWithoutUndo();
        state.openedPicture.value = -1;
        state.openedCluster.value = null;
        if (state.dialog.peek() === 'compare' || state.dialog.peek() === 'hide') state.dialog.value = null;
        if (state.dialog.peek() === 'plan' && !copies.outcome.peek()) state.dialog.value = null;
        state.results.value = results;
        copies.forget();
        cull.forget();
        trips.forget();
        forgetViews();
      }
      state.active.value = -1;
      state.collection.value = collection;
      if (!setEdits(edits)) forgetEdits();
      state.status.value = { kind: 'ready', message: '' };
    });
    // So that it is known even if the server cannot be asked any more.
    collection.withIdentical([]).catch(() => {});
    if (first) readLink();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (state.collection.peek()) state.online.value = false;
    else state.status.value = { kind: 'failed', message };
  }
}

/** Listens to news from the server; a copy of the page has none. */
export function listen() {
  if (copy) return;
  const news = new EventSource('/api/events');
  news.addEventListener('open', () => { if (!state.online.peek() || state.status.peek().kind === 'failed') load(!state.collection.peek()); });
  news.addEventListener('error', () => { if (state.collection.peek()) state.online.value = false; });
  /** @type {<K extends keyof import('../core/wire.js').News>(kind: K, heard: (data: Required<import('../core/wire.js').News>[K]) => void) => void} */
  const on = (kind, heard) => news.addEventListener(kind, (event) => {
    try {
      heard(JSON.parse(/** @type {MessageEvent} */ (event).data));
    } catch {
      // News from another version of the server: the page ignores it.
    }
  });
  on('run', (data) => { state.run.value = data; });
  on('snapshot', (data) => { if (data.snapshot !== state.collection.peek()?.snapshot && state.collection.peek()) load(false); });
  on('edits', (data) => { if (data.version !== state.edits.peek().version) refreshEdits().catch(() => {}); });
  on('duplicates', heardOfSearch);
  on('trips', heardOfTrips);
  on('acting', (data) => { copies.acting.value = data; });
  on('map', () => { state.mapVersion.value++; });
  on('colours', () => {
    const collection = state.collection.peek();
    collection?.refreshColours().catch(() => {});
  });
  setInterval(() => { if (!state.online.peek()) load(!state.collection.peek()); }, AGAIN_AFTER_MS);
}
