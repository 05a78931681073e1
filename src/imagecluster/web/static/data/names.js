/** File names, fetched in blocks when they are asked for. */
import { signal } from '../core/preact.js';
import { askJson } from './api.js';

const BLOCK = 500;

/** @type {Map<number, [string, number][]>} */
const blocks = new Map();
/** Blocks that are on their way. @type {Map<number, Promise<void>>} */
const pending = new Map();
let snapshot = '';
let count = 0;
/** Grows when names have come. */
export const namesVersion = signal(0);

/** Another collection: forgets all names. @param {string} key of its snapshot @param {number} n its pictures */
export function resetNames(key, n) {
  if (key === snapshot) return;
  snapshot = key;
  count = n;
  blocks.clear();
  pending.clear();
}

/** Control characters, and those that reverse the direction of what follows: a name must not disguise itself. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Path of a picture inside the collection; empty while unknown. @param {number} id */
export const pathOf = (id) => blocks.get(Math.floor(id / BLOCK))?.[id % BLOCK]?.[0].replace(UNPRINTABLE, '\ufffd') ?? '';

/** File name of a picture; "Picture 12" while unknown. @param {number} id */
export const nameOf = (id) => pathOf(id).split('/').pop() || `Picture ${id + 1}`;

/** Fetches the names of some pictures, where they are not known; ends when they are. @param {Iterable<number>} ids */
export async function fetchNames(ids) {
  const wanted = new Set();
  for (const id of ids) {
    const block = Math.floor(id / BLOCK);
    // An id of a collection that was larger has no name in this one.
    if (!blocks.has(block) && block * BLOCK < count) wanted.add(block);
  }
  await Promise.all([...wanted].map((block) => {
    const asked = pending.get(block) ?? fetchBlock(block);
    pending.set(block, asked);
    return asked;
  }));
}

/** @param {number} block */
async function fetchBlock(block) {
  const key = snapshot;
  try {
    const to = Math.min(count, (block + 1) * BLOCK);
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
