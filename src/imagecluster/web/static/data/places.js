/** The position of each picture in the gallery, and the picture that a key leads to. Pure. */

/**
 * @typedef {'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'next' | 'previous'} Way
 * @typedef {{s: number, row: number, f: number, x: number, width: number, y: number}} Place  section, row, place in `flat`,
 *   and position in the content
 */

const MISSING = 0xffffffff;

/** Finds pictures in a layout. */
export class Places {
  /** @param {{n: number, order: Uint32Array, position: Uint32Array}} collection @param {import('./layout.js').Layout} layout */
  constructor(collection, layout) {
    this.collection = collection;
    this.layout = layout;
    /** place in `flat` of each position, or MISSING; brought up to date when first asked for */
    this.flat = new Uint32Array(collection.n);
    this.flatIsOf = /** @type {import('./arrange.js').Arrangement | null} */ (null);
  }

  /** Place in `flat` of a picture; -1 if it is not shown. @param {number} id */
  flatOf(id) {
    const { n, position } = this.collection, { arrangement } = this.layout;
    if (!arrangement || id < 0 || id >= n) return -1;
    if (this.flatIsOf !== arrangement) {
      this.flatIsOf = arrangement;
      const { flat, from, to, k, runs, hidden } = arrangement;
      if (runs) this.flat.set(flat.subarray(0, n));
      else this.flat.fill(MISSING);
      for (let s = 0; s < k; s++) if (!runs || from[s] >= n) for (let f = from[s]; f < to[s]; f++) this.flat[flat[f]] = f;
      for (const p of hidden) this.flat[p] = MISSING;
    }
    const place = this.flat[position[id]];
    return place === MISSING ? -1 : place;
  }

  /** Section of a picture; -1 if it is not shown. @param {number} id */
  sectionOf(id) {
    const place = this.flatOf(id);
    return place < 0 ? -1 : this.layout.sectionOf(place);
  }

  /** Position of a picture in the content; null if it is not shown. @param {number} id @returns {Place | null} */
  placeOf(id) {
    const { layout } = this;
    const f = this.flatOf(id);
    const s = f < 0 ? -1 : layout.sectionOf(f);
    if (s < 0) return null;
    if (s >= layout.laid) layout.complete();
    const row = layout.rowOf(s, f);
    const tile = layout.tiles(s, row)[f - layout.rowFrom[row]];
    return { s, row, f, x: tile.left, width: tile.width, y: layout.rowTop(s, row) };
  }

  /** The picture that a key leads to; -1 if there is none. @param {number} id @param {Way} way */
  neighbour(id, way) {
    this.layout.complete();
    const { arrangement } = this.layout;
    const place = this.placeOf(id);
    if (!arrangement || !arrangement.k) return -1;
    const { from, to } = arrangement;
    const idAt = (/** @type {number} */ f) => this.collection.order[arrangement.flat[f]];
    const last = arrangement.k - 1;
    if (way === 'last') return idAt(to[last] - 1);
    if (!place || way === 'first') return idAt(from[0]);
    const { s, f } = place;
    if (way === 'next') return idAt(from[Math.min(last, s + 1)]);
    if (way === 'previous') return idAt(from[f > from[s] ? s : Math.max(0, s - 1)]);
    if (way === 'right') return f + 1 < to[s] ? idAt(f + 1) : s < last ? idAt(from[s + 1]) : id;
    if (way === 'left') return f > from[s] ? idAt(f - 1) : s > 0 ? idAt(to[s - 1] - 1) : id;
    return this.#vertical(place, arrangement, way === 'down' ? 1 : -1) ?? id;
  }

  /** @param {Place} place @param {import('./arrange.js').Arrangement} arrangement @param {1 | -1} step */
  #vertical(place, arrangement, step) {
    const { layout } = this;
    const middle = place.x + place.width / 2;
    let best = null, least = Infinity, bestTop = 0;
    let { s, row } = place;
    while (s >= 0 && s < arrangement.k) {
      row += step;
      if (row < layout.firstRow[s] || row >= layout.firstRow[s + 1]) {
        s += step;
        if (s < 0 || s >= arrangement.k) break;
        row = step > 0 ? layout.firstRow[s] : layout.firstRow[s + 1] - 1;
      }
      const y = layout.rowTop(s, row);
      if (y === place.y) continue;
      if (best !== null && y !== bestTop) break;
      bestTop = y;
      layout.tiles(s, row).forEach(({ left, width }, i) => {
        const away = Math.abs(left + width / 2 - middle);
        if (away < least) {
          least = away;
          best = this.collection.order[arrangement.flat[layout.rowFrom[row] + i]];
        }
      });
    }
    return best;
  }
}
