/** Searches: by name, by words, by a picture of the collection, and by a picture from outside. */
import { batch } from '../core/preact.js';
import { askLikePicture, askLikeText, askNamed, postSearch } from '../data/api.js';
import * as state from '../state/state.js';
import { pictureOf } from './target.js';

/** @typedef {import('./target.js').Context} Context */

const MOST_FOUND = 200;
/** Milliseconds without a key press after which the typed text is searched for. */
const TYPED_MS = 150;
let typedTimer = 0;

/** @returns {HTMLInputElement | null} */
const searchBox = () => document.querySelector('#search');

/** Puts the cursor in the search box. */
export function focusSearch() {
  searchBox()?.focus();
  searchBox()?.select();
}

/** The text in the search box has changed. */
export function searchTyped() {
  clearTimeout(typedTimer);
  if (searchBox()?.value.trim()) typedTimer = setTimeout(searchText, TYPED_MS);
  else state.results.value = null;
}

/** Escape was pressed: the typed text is not searched for any longer. */
export function searchLeft() {
  clearTimeout(typedTimer);
  const box = searchBox();
  if (box) box.value = '';
}

/** Shows the results for a text. @param {string} text */
export async function searchFor(text) {
  const box = searchBox();
  if (box) box.value = text;
  await searchText();
}

/** Enter was pressed: searches at once, and moves the focus from the box to the results. */
export async function searchEntered() {
  clearTimeout(typedTimer);
  await searchText();
  const shown = state.arrangement.peek();
  if (state.results.peek() && shown?.k) state.focusPicture(state.collectionNow().order[shown.flat[shown.from[0]]]);
}

/** Shows the results for the search box: clusters and files with that name, then pictures that look like it. */
async function searchText() {
  const server = state.server.peek(), text = searchBox()?.value ?? '';
  if (!server || !text.trim()) {
    state.results.value = null;
    return;
  }
  try {
    const results = await resultsOf(text, server);
    // More was typed, or there is another collection.
    const collection = state.collectionNow();
    if (searchBox()?.value !== text || collection.snapshot !== server.snapshot) return;
    showResults({ ...results, ids: [...new Set([...collection.clustering.idsOfClustersNamed(text), ...results.ids])] });
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} text @param {import('../core/wire.js').State} server @returns {Promise<import('../state/state.js').SearchResults>} */
async function resultsOf(text, server) {
  const [named, like] = await Promise.all([
    askNamed(server.snapshot, text),
    server.can_search_text ? askLikeText(server.snapshot, text, MOST_FOUND) : null,
  ]);
  const ids = new Set([...named.ids, ...(like?.results.map(idOf) ?? [])]);
  return { kind: like ? 'text' : 'name', label: `“${text.trim()}”`, ids: [...ids], text: text.trim() };
}

/**
 * The results of a search for another snapshot, in which the ids mean other pictures.
 * @param {import('../core/wire.js').State} server with that snapshot @returns {Promise<import('../state/state.js').SearchResults | null>}
 */
export async function repeatedSearch(server) {
  const kind = state.results.peek()?.kind, text = searchBox()?.value ?? '';
  return text.trim() && (kind === 'name' || kind === 'text') ? resultsOf(text, server) : null;
}

/** @param {{id: number}} result */
const idOf = ({ id }) => id;

/** @param {import('../state/state.js').SearchResults} results */
function showResults(results) {
  batch(() => {
    state.openedPicture.value = -1;
    state.openedCluster.value = null;
    // Beside the map the gallery is visible already, and the map shows where the results are.
    if (!state.isSplit.peek()) state.view.value = 'gallery';
    state.results.value = results;
  });
}

/** @param {Context} context */
export async function searchSimilar(context) {
  const id = pictureOf(context), collection = state.collectionNow();
  if (id < 0) return;
  try {
    await collection.names.fetch([id]);
    const answer = await askLikePicture(collection.snapshot, id, MOST_FOUND);
    if (state.collectionNow() !== collection) return; // the ids mean other pictures now
    const ids = answer.results.map(idOf).filter((i) => i !== id);
    showResults({ kind: 'picture', label: `Like ${collection.names.nameOf(id)}`, ids: [id, ...ids], like: id });
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}

/** The server accepts 32 MB, in base64. */
const LARGEST_FILE = 23_000_000;

/** Searches by a picture from outside. @param {File} file */
export async function searchFile(file) {
  const collection = state.collectionNow();
  if (file.size > LARGEST_FILE) {
    state.notify('This picture is too large to search by (limit: 23 MB).');
    return;
  }
  state.notify(`Looking for pictures like ${file.name}…`);
  try {
    const content = await new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(String(reader.result).split(',')[1] ?? '');
      reader.onerror = () => failed(new Error('The file cannot be read.'));
      reader.readAsDataURL(file);
    });
    const answer = await postSearch({ snapshot: collection.snapshot, name: file.name, content });
    if (state.collectionNow() !== collection) throw new Error('The collection has changed in the meantime; search again.');
    showResults({ kind: 'picture', label: `Like ${file.name}`, ids: answer.results.map(idOf) });
    state.notice.value = null;
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}
