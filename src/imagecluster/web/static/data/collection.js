/** One collection: the arrays of all pictures, as the server sent them, and all that is derived from them and the view. */
import { signal } from '../core/preact.js';
import { askArray, askIdentical, ServerError } from './api.js';
import { Clustering } from './clustering.js';
import { Layout } from './layout.js';
import { Names } from './names.js';
import { Places } from './places.js';

/** Beyond these aspect ratios, a tile shows only the middle of the picture. */
const NARROWEST = 0.45;
const WIDEST = 2.6;

/**
 * Pictures have ids (row numbers of the snapshot) and positions (places in the leaf order, in which every cluster of
 * every cut is one run). A cut reads the arrays by position from front to back. Everything that belongs to one
 * collection is in this object, and another snapshot has another object.
 */
export class Collection {
  /** files of the same bytes by each of them, once they were asked for @type {Map<number, readonly number[]> | null} */
  #identical = null;

  /**
   * @param {import('../core/wire.js').State} state
   * @param {{order: ArrayBuffer, gap: ArrayBuffer, distances: ArrayBuffer, pictures: ArrayBuffer, rank: ArrayBuffer}} bytes
   */
  constructor(state, bytes) {
    const n = state.n;
    this.snapshot = state.snapshot;
    this.n = n;
    this.largest = state.largest_distance;
    this.scale = state.scale;
    /** id at each position */
    this.order = new Uint32Array(bytes.order);
    this.cut = state.cut;
    /** height at which positions p and p + 1 first share a cluster */
    this.gap = new Float64Array(bytes.gap);
    /** the same as a distance, also where the dendrogram is cut by branch */
    this.distances = new Float32Array(bytes.distances);
    this.pixels = new Uint16Array(bytes.pictures);
    this.colours = new Uint32Array(bytes.pictures);
    this.times = new Float64Array(bytes.pictures);
    /** position of each id */
    this.position = new Uint32Array(n);
    /** width / height by position, limited to what a tile shows */
    this.aspect = new Float32Array(n);
    /** place in the order of the names, by position */
    this.rank = new Uint32Array(n);
    const rank = new Uint32Array(bytes.rank);
    for (let p = 0; p < n; p++) {
      const id = this.order[p];
      this.position[id] = p;
      this.rank[p] = rank[id];
      const wide = this.pixels[8 * id] / Math.max(1, this.pixels[8 * id + 1]) || 1;
      this.aspect[p] = wide < NARROWEST ? NARROWEST : wide > WIDEST ? WIDEST : wide;
    }
    if (this.order.length !== n || this.gap.length !== Math.max(0, n - 1) || this.distances.length !== this.gap.length || this.times.length !== 2 * n) {
      throw new ServerError('The server sent arrays that do not fit together; reload the page.', 0);
    }
    this.names = new Names(this.snapshot, n);
    /** The current clusters. */
    this.clustering = new Clustering(this);
    /** The layout of the gallery. */
    this.layout = new Layout(this.aspect);
    this.places = new Places(this, this.layout);
    /** Incremented when more average colours are known. */
    this.coloursVersion = signal(0);
  }

  /** Pictures, and all that have the same bytes as one of them. @param {readonly number[]} ids @returns {Promise<number[]>} */
  async withIdentical(ids) {
    if (!this.#identical) {
      const { groups } = await askIdentical(this.snapshot);
      this.#identical = new Map(groups.flatMap((group) => group.map((id) => [id, group])));
    }
    const identical = this.#identical;
    return [...new Set(ids.flatMap((id) => identical.get(id) ?? [id]))];
  }

  /** Seconds since 1970; NaN where unknown. @param {number} id */
  takenS(id) { return this.times[2 * id + 1]; }

  /** Average colour as CSS; that of an empty tile if it is not known yet. @param {number} id */
  colour(id) {
    const colour = this.colours[4 * id + 1];
    return colour >>> 24 ? 'var(--tile)' : `#${colour.toString(16).padStart(6, '0')}`;
  }

  /** Fetches the colours again: the server has found more of them. */
  async refreshColours() {
    const bytes = await askArray(this.snapshot, 'pictures');
    if (bytes.byteLength !== this.colours.byteLength) return;
    this.colours = new Uint32Array(bytes);
    this.coloursVersion.value++;
  }

  /** @param {number} id */
  widthPx(id) { return this.pixels[8 * id]; }

  /** @param {number} id */
  heightPx(id) { return this.pixels[8 * id + 1]; }
}

/** @param {import('../core/wire.js').State} state @returns {Promise<Collection>} */
export async function loadCollection(state) {
  const none = new ArrayBuffer(0);
  if (state.n === 0) return new Collection(state, { order: none, gap: none, distances: none, pictures: none, rank: none });
  const [order, gap, distances, pictures, rank] = await Promise.all([
    askArray(state.snapshot, 'order'),
    askArray(state.snapshot, 'gap'),
    askArray(state.snapshot, 'distances'),
    askArray(state.snapshot, 'pictures'),
    askArray(state.snapshot, 'rank'),
  ]);
  return new Collection(state, { order, gap, distances, pictures, rank });
}
