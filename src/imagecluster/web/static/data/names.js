/** File names of a collection, fetched in blocks when they are asked for. */
import { signal } from '../core/preact.js';
import { askNames } from './api.js';

const BLOCK = 500;

/** Control characters, and those that reverse the direction of what follows: a name must not disguise itself. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** The names that are known. */
export class Names {
  /** @param {string} snapshot @param {number} n pictures of it */
  constructor(snapshot, n) {
    this.snapshot = snapshot;
    this.n = n;
    /** @type {Map<number, import('../core/wire.js').Names>} */
    this.blocks = new Map();
    /** Blocks being fetched. @type {Map<number, Promise<void>>} */
    this.pending = new Map();
    /** Incremented when names have arrived. */
    this.version = signal(0);
  }

  /** Path of a picture inside the collection; empty while unknown. @param {number} id */
  pathOf(id) { return this.blocks.get(Math.floor(id / BLOCK))?.[id % BLOCK]?.replace(UNPRINTABLE, '\ufffd') ?? ''; }

  /** File name of a picture; "Picture 12" while unknown. @param {number} id */
  nameOf(id) { return this.pathOf(id).split('/').pop() || `Picture ${id + 1}`; }

  /** Fetches unknown names of some pictures, and ends when all are known. @param {Iterable<number>} ids */
  async fetch(ids) {
    const wanted = new Set();
    for (const id of ids) {
      const block = Math.floor(id / BLOCK);
      // An id from a larger collection may have no name in this one.
      if (!this.blocks.has(block) && block * BLOCK < this.n) wanted.add(block);
    }
    await Promise.all([...wanted].map((block) => {
      const asked = this.pending.get(block) ?? this.#fetchBlock(block);
      this.pending.set(block, asked);
      return asked;
    }));
  }

  /** @param {number} block */
  async #fetchBlock(block) {
    try {
      const to = Math.min(this.n, (block + 1) * BLOCK);
      this.blocks.set(block, await askNames(this.snapshot, block * BLOCK, to));
      this.version.value++;
    } catch {
      // It is requested again with the next picture of the block; the tile shows its number until then.
    } finally {
      this.pending.delete(block);
    }
  }
}
