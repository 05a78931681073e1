/** File names, fetched in blocks when they are asked for. */
import { askJson } from './api.js';
import { signal } from './lib.js';

const BLOCK = 500;

/** @type {Map<number, [string, number][]>} */
const blocks = new Map();
/** Blocks that are on their way. @type {Map<number, Promise<void>>} */
const pending = new Map();
let snapshot = '';
/** Grows when names have come. */
export const namesVersion = signal(0);

/** Another collection: forgets all names. @param {string} key */
export function resetNames(key) {
  if (key === snapshot) return;
  snapshot = key;
  blocks.clear();
  pending.clear();
}

/** Control characters, and those that reverse the direction of what follows: a name must not disguise itself. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Path of a picture inside the collection; empty while unknown. @param {number} id */
export const pathOf = (id) => blocks.get(Math.floor(id / BLOCK))?.[id % BLOCK]?.[0].replace(UNPRINTABLE, '\ufffd') ?? '';

/** File name of a picture; "Picture 12" while unknown. @param {number} id */
export const nameOf = (id) => pathOf(id).split('/').pop() || `Picture ${id + 1}`;

/** Fetches the names of some pictures, where they are not known; ends when they are. @param {Iterable<number>} ids @param {number} n */
export async function fetchNames(ids, n) {
  const wanted = new Set();
  for (const id of ids) {
    const block = Math.floor(id / BLOCK);
    if (!blocks.has(block)) wanted.add(block);
  }
  await Promise.all([...wanted].map((block) => {
    const asked = pending.get(block) ?? fetchBlock(block, n);
    pending.set(block, asked);
    return asked;
  }));
}

/** @param {number} block @param {number} n */
async function fetchBlock(block, n) {
  const key = snapshot;
  try {
    const to = Math.min(n, (block + 1) * BLOCK);
    const names = await askJson(`/api/${key}/names.json?from=${block * BLOCK}&to=${to}`);
    if (key !== snapshot) return;
    blocks.set(block, names);
    namesVersion.value++;
  } catch {
    // Asked for again with the next picture of the block; the tile keeps its number until then.
  } finally {
    if (key === snapshot) pending.delete(block);
  }
}
