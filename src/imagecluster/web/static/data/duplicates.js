/** The copies of one collection: all groups in short, and the files of those that were looked at. */
import { signal } from '../core/preact.js';
import { askDuplicateGroups } from './api.js';

/**
 * @typedef {import('../core/wire.js').CopyKind} CopyKind
 * @typedef {import('../core/wire.js').DuplicateGroup} Group
 * @typedef {import('../core/wire.js').DuplicateFile} File
 * @typedef {{index: number, id: string, kind: CopyKind, nFiles: number, nGoing: number, bytes: number}} Head
 */

/** Kinds whose files are proposed for removal, from sure to likely. */
export const SURE = /** @type {readonly CopyKind[]} */ (['identical', 'pixels', 'copy']);

/** Kinds that are shown apart, and never proposed. */
export const APART = /** @type {readonly CopyKind[]} */ (['altered', 'shot']);

/** Groups are fetched in blocks of so many. */
const BLOCK = 40;

/** Groups with their files by id, also of an earlier version until those of the present one have come. */
class Details {
  constructor() {
    /** @type {Map<string, {version: number, group: Group}>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.pending = new Set();
    /** Incremented when files have arrived. */
    this.arrived = signal(0);
  }
}

/** The groups of one version. */
export class Duplicates {
  /**
   * @param {string} snapshot @param {import('../core/wire.js').Duplicates} answer
   * @param {Details} [details] those of an earlier version of the same snapshot
   */
  constructor(snapshot, answer, details = new Details()) {
    this.snapshot = snapshot;
    this.version = answer.search.version;
    this.known = answer.known;
    this.complete = answer.complete;
    this.nDecided = answer.n_decided;
    /** @type {readonly Head[]} */
    this.heads = answer.groups.map(([id, kind, nFiles, nGoing, bytes], index) => ({ index, id, kind, nFiles, nGoing, bytes }));
    this.details = details;
  }

  /** A group with its files; undefined while unknown. @param {string} id */
  group(id) { return this.details.known.get(id)?.group; }

  /** Fetches the files of some groups that are not known in this version. @param {readonly Head[]} heads */
  async fetch(heads) {
    const { known } = this.details;
    const wanted = new Set(heads.filter(({ id }) => known.get(id)?.version !== this.version).map(({ index }) => Math.floor(index / BLOCK)));
    await Promise.all([...wanted].map((block) => this.#fetchBlock(block)));
  }

  /** @param {number} block */
  async #fetchBlock(block) {
    const { details, version } = this, key = `${version} ${block}`;
    if (details.pending.has(key)) return;
    details.pending.add(key);
    try {
      const from = block * BLOCK, to = Math.min(this.heads.length, from + BLOCK);
      const answer = await askDuplicateGroups(this.snapshot, version, from, to);
      for (const group of answer.groups) details.known.set(group.id, { version, group });
      details.arrived.value++;
    } catch {
      // Another version is on its way, or they are asked for again when the list moves.
    } finally {
      details.pending.delete(key);
    }
  }
}
