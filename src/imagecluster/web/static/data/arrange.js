/** The sections of the gallery, made from clusters: which pictures, in which order. Pure. */
import { joinedAt } from './cut.js';

/** @typedef {'size' | 'tight' | 'time' | 'name'} SortKey */

/**
 * Sections of the gallery. Section s shows the positions flat[from[s]] .. flat[to[s] - 1].
 * @typedef {{
 *   flat: Uint32Array, k: number, from: Uint32Array, to: Uint32Array, height: Float64Array,
 *   numbers: Uint32Array, nGrouped: number, hasSingles: boolean, names: Map<number, string>, pinned: Set<number>,
 *   hidden: readonly number[], runs: boolean,
 * }} Arrangement  `numbers`: number of each section's cluster, as on the command line; `names` by section;
 *   the last section holds the singles if `hasSingles`; `hidden`: positions that are in no section; `runs`: all other
 *   pictures are in one, and those of a cluster that lies below n in `flat` at their own positions
 */

/** Bits of a digit: so many that the places being written to stay in the processor's nearest cache. */
const BITS = 11;
const MASK = (1 << BITS) - 1;

/**
 * Sorts items by unsigned keys, stably and digit by digit. The keys move along with their items, so that everything is
 * read in order. Memory is kept from one cut to the next.
 */
class Sorter {
  /** @param {number} n */
  constructor(n) {
    this.items = new Uint32Array(n);
    /** key of the item at the same place */
    this.keys = new Uint32Array(n);
    this.spareItems = new Uint32Array(n);
    this.spareKeys = new Uint32Array(n);
    this.counts = new Uint32Array(MASK + 2);
  }

  /** Sorts the first k items. @param {number} k @param {number} largest of the keys */
  sort(k, largest) {
    for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += BITS) {
      const { items, keys, spareItems, spareKeys } = this;
      const counts = this.counts.fill(0);
      for (let i = 0; i < k; i++) counts[((keys[i] >>> shift) & MASK) + 1]++;
      for (let d = 1; d <= MASK; d++) counts[d] += counts[d - 1];
      for (let i = 0; i < k; i++) {
        const key = keys[i], place = counts[(key >>> shift) & MASK]++;
        spareItems[place] = items[i];
        spareKeys[place] = key;
      }
      this.items = spareItems;
      this.keys = spareKeys;
      this.spareItems = items;
      this.spareKeys = keys;
    }
  }
}

/** Arranges the clusters of one collection; memory is allocated once. */
export class Arranger {
  /** @param {import('./collection.js').Collection} collection */
  constructor(collection) {
    const n = collection.n;
    this.collection = collection;
    // The items are runs of the cut, followed by groups made by corrections.
    this.sorter = new Sorter(n);
    /** places of all pictures, then of the clusters that corrections have changed, then of the singles */
    this.flat = new Uint32Array(2 * n);
    for (let p = 0; p < n; p++) this.flat[p] = p;
    /** number of each item, if the order is not that of the numbers */
    this.numberOf = new Uint32Array(0);
    const [timeFrom, timeTo] = span(collection);
    this.timeFrom = timeFrom;
    this.timeTo = timeTo;
  }

  /**
   * Sections of a cut, with its corrections.
   * @param {import('./cut.js').Runs} runs @param {number} minSize @param {SortKey} sort
   * @param {import('./replay.js').Replayed | null} [replayed] @returns {Arrangement}
   */
  ofRuns(runs, minSize, sort, replayed = null) {
    const { k, starts, heights } = runs;
    const { flat, sorter } = this;
    const { items, keys } = sorter;
    const { n, rank } = this.collection;
    let kept = 0, free = n, largest = 0;
    const groups = replayed?.groups ?? [];
    // Pictures put together or named by hand are a cluster, however small.
    const leastByHand = Math.min(2, minSize);
    const laidOut = groups.filter((g) => g.members.length >= (g.byHand ? leastByHand : minSize));
    // Groups lie behind all positions; items from k on stand for them.
    const ends = laidOut.length ? new Uint32Array(k + laidOut.length) : starts.subarray(1);
    const begins = laidOut.length ? new Uint32Array(k + laidOut.length) : starts;
    const joined = laidOut.length ? new Float64Array(k + laidOut.length) : heights;
    if (laidOut.length) {
      begins.set(starts.subarray(0, k));
      ends.set(starts.subarray(1, k + 1));
      joined.set(heights.subarray(0, k));
      laidOut.forEach(({ members }, g) => {
        begins[k + g] = free;
        flat.set(members, free);
        free += members.length;
        ends[k + g] = free;
        joined[k + g] = joinedAt(this.collection.gap, members[0], members[members.length - 1] + 1);
      });
    }
    const singlesFrom = free;
    for (let c = 0, from = 0; c < k; c++) {
      const to = starts[c + 1], count = to - from;
      if (replayed !== null && replayed.touched.has(c)) {
        // All its pictures are in groups.
      } else if (count >= minSize || (count >= leastByHand && replayed !== null && replayed.names.has(c))) {
        let least = rank[from];
        for (let p = from + 1; p < to; p++) if (rank[p] < least) least = rank[p];
        if (count > largest) largest = count;
        items[kept] = c;
        keys[kept++] = least;
      } else for (let p = from; p < to; p++) flat[free++] = p;
      from = to;
    }
    for (const g of groups) {
      if (g.members.length >= (g.byHand ? leastByHand : minSize)) continue;
      flat.set(g.members, free);
      free += g.members.length;
    }
    if (groups.length) flat.subarray(singlesFrom, free).sort();
    laidOut.forEach(({ members }, g) => {
      largest = Math.max(largest, members.length);
      items[kept] = k + g;
      keys[kept++] = members.reduce((least, p) => Math.min(least, rank[p]), n);
    });
    const numbers = this.#sort(kept, largest, begins, ends, joined, sort);
    const sorted = sorter.items;
    const hasSingles = free > singlesFrom;
    const total = kept + (hasSingles ? 1 : 0);
    const from = new Uint32Array(total), to = new Uint32Array(total), height = new Float64Array(total);
    /** @type {Map<number, string>} */
    const names = new Map();
    /** @type {Set<number>} */
    const pinned = new Set();
    for (let s = 0; s < kept; s++) {
      const c = sorted[s];
      from[s] = begins[c];
      to[s] = ends[c];
      height[s] = joined[c];
      if (replayed === null) continue;
      const name = c < k ? replayed.names.get(c) : laidOut[c - k].name;
      if (name) names.set(s, name);
      if (c >= k && laidOut[c - k].byHand) pinned.add(s);
    }
    if (hasSingles) {
      from[kept] = singlesFrom;
      to[kept] = free;
    }
    const hidden = replayed?.hidden ?? [];
    const nGrouped = n - hidden.length - (free - singlesFrom);
    return { flat, k: total, from, to, height, numbers, nGrouped, hasSingles, names, pinned, hidden, runs: true };
  }

  /**
   * What some pictures have of each section: the same clusters, without all others. A cluster keeps its number and name;
   * the pictures of those that have fewer than `minSize` here are singles.
   * @param {Arrangement} whole of all clusters @param {readonly number[]} ids @param {number} minSize @param {SortKey} sort
   * @returns {Arrangement}
   */
  within(whole, ids, minSize, sort) {
    const { position, n, rank } = this.collection;
    // Place in `flat` of each position, plus 1, and section of each place: one walk over all, then only over what is open.
    const placeOf = new Uint32Array(n), sectionOf = new Uint32Array(whole.flat.length);
    for (let s = 0; s < whole.k; s++) {
      for (let f = whole.from[s]; f < whole.to[s]; f++) {
        placeOf[whole.flat[f]] = f + 1;
        sectionOf[f] = s;
      }
    }
    const places = Uint32Array.from(ids.filter((id) => id < n && placeOf[position[id]]), (id) => placeOf[position[id]] - 1).sort();
    const leastByHand = Math.min(2, minSize);
    const end = whole.k - (whole.hasSingles ? 1 : 0);
    /** @type {number[]} */
    const singles = [];
    /** @type {{s: number, members: Uint32Array, key: number}[]} */
    const parts = [];
    for (let i = 0, first = 0; i < places.length; i = first) {
      const s = sectionOf[places[i]];
      while (first < places.length && sectionOf[places[first]] === s) first++;
      const members = places.subarray(i, first).map((f) => whole.flat[f]);
      const least = whole.names.has(s) || whole.pinned.has(s) ? leastByHand : minSize;
      if (s >= end || members.length < least) for (const p of members) singles.push(p);
      else parts.push({ s, members, key: this.#keyOf(sort, whole.height[s], members, rank) });
    }
    parts.sort((a, b) => a.key - b.key || whole.numbers[a.s] - whole.numbers[b.s]);
    singles.sort((a, b) => a - b);
    const sections = [...parts.map(({ members }) => members), ...(singles.length ? [Uint32Array.from(singles)] : [])];
    const k = sections.length, from = new Uint32Array(k), to = new Uint32Array(k), height = new Float64Array(k), numbers = new Uint32Array(k + 1);
    const flat = new Uint32Array(sections.reduce((sum, { length }) => sum + length, 0));
    sections.forEach((members, s) => {
      from[s] = s ? to[s - 1] : 0;
      to[s] = from[s] + members.length;
      flat.set(members, from[s]);
    });
    /** @type {Map<number, string>} */
    const names = new Map();
    /** @type {Set<number>} */
    const pinned = new Set();
    parts.forEach(({ s }, i) => {
      height[i] = whole.height[s];
      numbers[i] = whole.numbers[s];
      const name = whole.names.get(s);
      if (name) names.set(i, name);
      if (whole.pinned.has(s)) pinned.add(i);
    });
    return {
      flat, k, from, to, height, numbers, nGrouped: flat.length - singles.length, hasSingles: singles.length > 0,
      names, pinned, hidden: whole.hidden, runs: false,
    };
  }

  /** What part of a cluster is sorted by. @param {SortKey} sort @param {number} height @param {Uint32Array} members @param {Uint32Array} rank */
  #keyOf(sort, height, members, rank) {
    if (sort === 'size') return -members.length;
    if (sort === 'tight') return height;
    if (sort === 'name') return members.reduce((least, p) => Math.min(least, rank[p]), Infinity);
    return this.earliest(members, 0, members.length);
  }

  /**
   * One section of pictures in a given order: the results of a search.
   * @param {ArrayLike<number>} members positions @param {string} name @param {readonly number[]} hidden
   * @returns {Arrangement}
   */
  ofResults(members, name, hidden) {
    const k = members.length ? 1 : 0;
    return {
      flat: Uint32Array.from(members), k, from: new Uint32Array(k), to: new Uint32Array(k).fill(members.length),
      height: new Float64Array(k), numbers: new Uint32Array(k + 1), nGrouped: members.length, hasSingles: false,
      names: new Map(k ? [[0, name]] : []), pinned: new Set(), hidden, runs: false,
    };
  }

  /**
   * Sorts the first k items, whose keys are their first names, and numbers them as the command line does: larger first,
   * then by the first name.
   * @param {number} k @param {number} largest of their sizes @param {Uint32Array} starts @param {Uint32Array} ends
   * @param {Float64Array} heights @param {SortKey} sort
   * @returns {Uint32Array} number of each item, in the sorted order; 0 behind them
   */
  #sort(k, largest, starts, ends, heights, sort) {
    const { sorter, collection, flat } = this;
    const numbers = new Uint32Array(k + 1);
    sorter.sort(k, collection.n);
    const byName = sort === 'name' ? sorter.items.slice(0, k) : null;
    let { items, keys } = sorter;
    for (let i = 0; i < k; i++) keys[i] = largest - (ends[items[i]] - starts[items[i]]);
    sorter.sort(k, largest);
    if (sort === 'size') {
      for (let i = 0; i < k; i++) numbers[i] = i + 1;
      return numbers;
    }
    ({ items, keys } = sorter);
    if (!this.numberOf.length) this.numberOf = new Uint32Array(2 * collection.n);
    const { numberOf } = this;
    for (let i = 0; i < k; i++) numberOf[items[i]] = i + 1;
    if (byName) items.set(byName);
    else {
      for (let i = 0; i < k; i++) {
        const c = items[i];
        keys[i] = sort === 'tight' ? fraction(heights[c], 0, collection.largest)
          : fraction(this.earliest(flat, starts[c], ends[c]), this.timeFrom, this.timeTo);
      }
      sorter.sort(k, 0xffffffff);
    }
    for (let i = 0; i < k; i++) numbers[i] = numberOf[sorter.items[i]];
    return numbers;
  }

  /** Earliest time of some pictures; later than all others if unknown. @param {Uint32Array} flat @param {number} from @param {number} to */
  earliest(flat, from, to) {
    let least = Infinity;
    for (let f = from; f < to; f++) {
      const taken = this.collection.takenS(this.collection.order[flat[f]]);
      if (taken < least) least = taken;
    }
    return least;
  }
}

/** Section that shows a position; -1 for none. @param {Arrangement} arrangement @param {number} position */
export function sectionWith({ flat, k, from, to }, position) {
  for (let s = 0; s < k; s++) if (flat.subarray(from[s], to[s]).includes(position)) return s;
  return -1;
}

/** Place of a value in a range as a 32-bit key. @param {number} value @param {number} from @param {number} to */
function fraction(value, from, to) {
  if (!(to > from)) return 0;
  return Math.min(0xffffffff, Math.max(0, Math.floor(((value - from) / (to - from)) * 0xfffffffe)));
}

/** First and last time of a collection. @param {import('./collection.js').Collection} collection @returns {[number, number]} */
export function span(collection) {
  let from = Infinity, to = -Infinity;
  for (let id = 0; id < collection.n; id++) {
    const taken = collection.takenS(id);
    if (taken < from) from = taken;
    if (taken > to) to = taken;
  }
  return [from, to];
}
