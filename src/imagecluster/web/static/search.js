/** Searches: by name, by words, by a picture of the collection, and by one from outside. */
import { gallery, pictureOf } from './actions.js';
import { askJson, post } from './api.js';
import { idsOfClustersNamed } from './clusters.js';
import { batch } from './lib.js';
import { fetchNames, nameOf } from './names.js';
import * as state from './state.js';

/** @typedef {import('./commands.js').Context} Context */

const MOST_FOUND = 200;
/** What is typed is looked for when no key was pressed for so long. */
const TYPED_MS = 150;
let typedTimer = 0;

const theCollection = () => /** @type {import('./collection.js').Collection} */ (state.collection.peek());

/** @returns {HTMLInputElement | null} */
const theBox = () => document.querySelector('#search');

/** Puts the cursor in the search box. */
export function focusSearch() {
  theBox()?.focus();
  theBox()?.select();
}

/** The text in the search box has changed. */
export function typed() {
  clearTimeout(typedTimer);
  if (theBox()?.value.trim()) typedTimer = setTimeout(searchText, TYPED_MS);
  else state.found.value = null;
}

/** Enter was pressed: looks at once, and goes from the box to what was found; the keys go on there. */
export async function entered() {
  clearTimeout(typedTimer);
  await searchText();
  const ids = state.found.peek()?.ids;
  if (ids?.length) gallery.focus(ids[0]);
}

/** Shows what the search box asks for: clusters and files that are called so, then what looks so. */
async function searchText() {
  const server = state.server.peek(), collection = state.collection.peek();
  const text = theBox()?.value ?? '';
  if (!server || !collection || !text.trim()) {
    state.found.value = null;
    return;
  }
  const below = `/api/${collection.snapshot}`, asked = encodeURIComponent(text);
  try {
    const [named, like] = await Promise.all([
      askJson(`${below}/named?text=${asked}`),
      server.can_search_text ? askJson(`${below}/search?text=${asked}&k=${MOST_FOUND}`) : null,
    ]);
    if (theBox()?.value !== text || state.collection.peek() !== collection) return; // somebody has typed on
    const ids = new Set([...idsOfClustersNamed(text), ...named.ids, ...(like?.results.map(idOf) ?? [])]);
    show({ kind: like ? 'text' : 'name', label: `“${text.trim()}”`, ids: [...ids] });
  } catch (error) {
    state.say(error instanceof Error ? error.message : String(error));
  }
}

/** @param {{id: number}} result */
const idOf = ({ id }) => id;

/** @param {import('./state.js').Found} found */
function show(found) {
  batch(() => {
    state.opened.value = -1;
    state.openedCluster.value = null;
    state.view.value = 'gallery';
    state.found.value = found;
  });
}

/** @param {Context} context */
export async function searchSimilar(context) {
  const id = pictureOf(context), collection = theCollection();
  if (id < 0) return;
  try {
    await fetchNames([id], collection.n);
    const answer = await askJson(`/api/${collection.snapshot}/search?picture=${id}&k=${MOST_FOUND}`);
    const ids = answer.results.map(idOf).filter((/** @type {number} */ i) => i !== id);
    show({ kind: 'picture', label: `Like ${nameOf(id)}`, ids: [id, ...ids] });
  } catch (error) {
    state.say(error instanceof Error ? error.message : String(error));
  }
}

/** The server takes 32 MB, in base64. */
const LARGEST_FILE = 23_000_000;

/** Searches by a picture from outside. @param {File} file */
export async function searchFile(file) {
  const collection = theCollection();
  if (file.size > LARGEST_FILE) {
    state.say('This picture is too large to look for: at most 23 MB.');
    return;
  }
  state.say(`Looking for pictures like ${file.name} …`);
  try {
    const content = await new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(String(reader.result).split(',')[1] ?? '');
      reader.onerror = () => failed(new Error('The file cannot be read.'));
      reader.readAsDataURL(file);
    });
    const answer = await post('/api/search', { snapshot: collection.snapshot, name: file.name, content });
    show({ kind: 'picture', label: `Like ${file.name}`, ids: answer.results.map(idOf) });
    state.notice.value = null;
  } catch (error) {
    state.say(error instanceof Error ? error.message : String(error));
  }
}
