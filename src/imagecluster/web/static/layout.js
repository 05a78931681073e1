/**
 * Where everything in the gallery lies, for all pictures at once. Pure.
 *
 * Pictures fill rows of one height; a full row is stretched or squeezed a little to both edges (a tile shows the
 * middle of its picture). Clusters that need less than a row stand side by side on a shelf.
 */

/**
 * @typedef {{width: number, rowPx: number, gapPx: number, headPx: number, bandGapPx: number, leastPx: number}} Measures
 * `leastPx`: width of the narrowest section
 * @typedef {{top: number, left: number, width: number}} Place
 */

/** Sections of which one row takes less than this part of the width may share a shelf. */
const SHELF_PART = 0.8;
/** A shelf is stretched by this much at most. */
const SHELF_STRETCH = 1.22;

/** Rows of all sections and where the sections are. Memory is kept from one layout to the next. */
export class Layout {
  /** @param {Float32Array} aspect by position */
  constructor(aspect) {
    const n = aspect.length;
    this.aspect = aspect;
    /** place in `flat` at which each row starts; the row ends where the next one starts, or with its section */
    this.rowFrom = new Uint32Array(n + 1);
    /** number of rows before each section */
    this.firstRow = new Uint32Array(n + 2);
    this.top = new Float64Array(n + 2);
    this.left = new Float32Array(n + 2);
    this.width = new Float32Array(n + 2);
    /** stretch of the tiles of a section on a shelf; 0 for a section of full width */
    this.stretch = new Float32Array(n + 2);
    this.height = 0;
    this.k = 0;
    /** @type {import('./arrange.js').Arrangement | null} */
    this.arrangement = null;
    /** @type {Measures} */
    this.measures = { width: 1, rowPx: 1, gapPx: 0, headPx: 0, bandGapPx: 0, leastPx: 1 };
  }

  /** @param {import('./arrange.js').Arrangement} arrangement @param {Measures} measures */
  update(arrangement, measures) {
    const { flat, k, from, to } = arrangement;
    const { width, rowPx, gapPx, headPx, bandGapPx, leastPx } = measures;
    const { aspect, rowFrom } = this;
    this.arrangement = arrangement;
    this.measures = measures;
    this.k = k;
    let rows = 0, y = 0, shelfFrom = -1, x = 0;
    const endShelf = (/** @type {number} */ s) => {
      if (shelfFrom < 0) return;
      this.#stretchShelf(shelfFrom, s);
      y += headPx + rowPx + bandGapPx;
      shelfFrom = -1;
    };
    for (let s = 0; s < k; s++) {
      this.firstRow[s] = rows;
      const count = to[s] - from[s];
      const natural = count * rowPx < 3 * width ? this.#natural(flat, from[s], to[s]) : Infinity;
      if (natural <= width * SHELF_PART) {
        const wide = Math.max(natural, leastPx);
        if (shelfFrom >= 0 && x + wide > width) endShelf(s);
        if (shelfFrom < 0) {
          shelfFrom = s;
          x = 0;
        }
        this.top[s] = y;
        this.left[s] = x;
        this.width[s] = wide;
        rowFrom[rows++] = from[s];
        x += wide + bandGapPx;
        continue;
      }
      endShelf(s);
      this.top[s] = y;
      this.left[s] = 0;
      this.width[s] = width;
      this.stretch[s] = 0;
      let rowWidth = 0;
      rowFrom[rows++] = from[s];
      for (let f = from[s]; f < to[s]; f++) {
        const tile = aspect[flat[f]] * rowPx;
        // A tile that is more than half beyond the edge starts the next row.
        if (rowWidth > 0 && rowWidth + tile / 2 > width) {
          rowFrom[rows++] = f;
          rowWidth = 0;
        }
        rowWidth += tile + gapPx;
      }
      y += headPx + (rows - this.firstRow[s]) * (rowPx + gapPx) - gapPx + bandGapPx;
    }
    endShelf(k);
    this.firstRow[k] = rows;
    this.top[k] = y;
    this.height = y;
  }

  /** Width of pictures side by side. @param {Uint32Array} flat @param {number} from @param {number} to */
  #natural(flat, from, to) {
    let sum = 0;
    for (let f = from; f < to; f++) sum += this.aspect[flat[f]];
    return sum * this.measures.rowPx + (to - from - 1) * this.measures.gapPx;
  }

  /** Stretches the sections [a, b) to both edges, unless they would grow too much. @param {number} a @param {number} b */
  #stretchShelf(a, b) {
    const { width, bandGapPx } = this.measures;
    const used = this.left[b - 1] + this.width[b - 1];
    const gaps = (b - 1 - a) * bandGapPx;
    const stretch = (width - gaps) / (used - gaps);
    const by = stretch <= SHELF_STRETCH ? stretch : 1;
    for (let s = a, x = 0; s < b; s++) {
      this.left[s] = x;
      this.width[s] *= by;
      this.stretch[s] = by;
      x += this.width[s] + bandGapPx;
    }
  }

  /** Height of a section with its head. @param {number} s */
  sectionHeight(s) {
    const { headPx, rowPx, gapPx } = this.measures;
    return headPx + (this.firstRow[s + 1] - this.firstRow[s]) * (rowPx + gapPx) - gapPx;
  }

  /** First section whose end is below y. @param {number} y */
  sectionAt(y) {
    let low = 0, high = this.k;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.top[mid] + this.sectionHeight(mid) < y) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  /** Top of a row. @param {number} s section @param {number} row counted over all sections */
  rowTop(s, row) {
    const { headPx, rowPx, gapPx } = this.measures;
    return this.top[s] + headPx + (row - this.firstRow[s]) * (rowPx + gapPx);
  }

  /** End of a row in `flat`. @param {number} s @param {number} row */
  rowTo(s, row) {
    const to = /** @type {import('./arrange.js').Arrangement} */ (this.arrangement).to;
    return row + 1 < this.firstRow[s + 1] ? this.rowFrom[row + 1] : to[s];
  }

  /** Row of a place in `flat`. @param {number} s section @param {number} f */
  rowOf(s, f) {
    let low = this.firstRow[s], high = this.firstRow[s + 1] - 1;
    while (low < high) {
      const mid = (low + high + 1) >>> 1;
      if (this.rowFrom[mid] <= f) low = mid;
      else high = mid - 1;
    }
    return low;
  }

  /** Section that shows a place in `flat`. @param {number} f */
  sectionOf(f) {
    const { from, to, k } = /** @type {import('./arrange.js').Arrangement} */ (this.arrangement);
    for (let s = 0; s < k; s++) if (from[s] <= f && f < to[s]) return s;
    return -1;
  }

  /**
   * Left edges and widths of a row's tiles.
   * @param {number} s @param {number} row @returns {{left: number, width: number}[]}
   */
  tiles(s, row) {
    const { flat } = /** @type {import('./arrange.js').Arrangement} */ (this.arrangement);
    const { width, rowPx, gapPx } = this.measures;
    const a = this.rowFrom[row], b = this.rowTo(s, row);
    const gaps = (b - a - 1) * gapPx;
    let sum = 0;
    for (let f = a; f < b; f++) sum += this.aspect[flat[f]] * rowPx;
    let by = 1;
    if (this.stretch[s] > 0) by = Math.max(1, Math.min(SHELF_STRETCH, (this.width[s] - gaps) / sum));
    else if (row + 1 < this.firstRow[s + 1] || sum + gaps > width) by = (width - gaps) / sum;
    const tiles = [];
    for (let f = a, x = this.left[s]; f < b; f++) {
      const tile = this.aspect[flat[f]] * rowPx * by;
      tiles.push({ left: x, width: tile });
      x += tile + gapPx;
    }
    return tiles;
  }
}
