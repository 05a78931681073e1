/**
 * The layout of the gallery, for all pictures at once. Pure.
 *
 * Pictures fill rows of one height; a full row is stretched or squeezed a little to both edges (a tile shows the
 * middle of its picture). Clusters that need less than a row are placed side by side on a shelf, whose pictures are
 * made a little smaller or larger, so that it also fills the width.
 */

/**
 * @typedef {{width: number, rowPx: number, gapPx: number, headPx: number, sectionGapPx: number, leastPx: number}} Measures
 * `leastPx`: width of the narrowest section
 * @typedef {{top: number, left: number, width: number}} Place
 */

/** Smallest and largest factor by which a shelf's pictures are scaled to fill the width. */
const LEAST_SCALE = 0.66;
const MOST_SCALE = 1.25;
/** A cluster that fits into one row at this scale is shown in one row. */
const ROW_SCALE = 0.8;

/** Rows and positions of all sections. Memory is kept from one layout to the next. */
export class Layout {
  /** @param {Float32Array} aspect by position */
  constructor(aspect) {
    const n = aspect.length;
    this.aspect = aspect;
    /** sum of the aspects before each position */
    this.aspectSum = new Float64Array(n + 1);
    for (let p = 0; p < n; p++) this.aspectSum[p + 1] = this.aspectSum[p] + aspect[p];
    /** place in `flat` at which each row starts; the row ends where the next one starts, or with its section */
    this.rowFrom = new Uint32Array(n + 1);
    /** number of rows before each section */
    this.firstRow = new Uint32Array(n + 2);
    this.top = new Float64Array(n + 2);
    this.left = new Float32Array(n + 2);
    this.width = new Float32Array(n + 2);
    /** height of a section's rows */
    this.rowPx = new Float32Array(n + 2);
    /** 1 for a section on a shelf, 0 for one of full width */
    this.shelved = new Uint8Array(n + 2);
    this.height = 0;
    /** number of sections that are laid out; the places of the others are not known yet */
    this.laid = 0;
    /** @type {import('./arrange.js').Arrangement | null} */
    this.arrangement = null;
    /** @type {Measures} */
    this.measures = { width: 1, rowPx: 1, gapPx: 0, headPx: 0, sectionGapPx: 0, leastPx: 1 };
  }

  /**
   * @param {import('./arrange.js').Arrangement} arrangement @param {Measures} measures
   * @param {number} [enough] sections below need not be laid out yet; the height is then an estimate
   */
  update(arrangement, measures, enough = Infinity) {
    const { flat, k, from, to } = arrangement;
    const { width, rowPx, gapPx, headPx, sectionGapPx, leastPx } = measures;
    // Fields are kept in variables, since the loop runs once for each cluster and picture.
    const n = this.aspect.length;
    const { aspect, aspectSum, rowFrom, firstRow, shelved, width: widths, top, rowPx: rowHeights } = this;
    this.arrangement = arrangement;
    this.measures = measures;
    let rows = 0, y = 0, shelfFrom = 0, scaled = 0, fixed = 0, laid = 0;
    for (; laid < k; laid++) {
      const s = laid;
      if (y > enough && shelfFrom === s) break;
      firstRow[s] = rows;
      const first = from[s], end = to[s], count = end - first;
      const gaps = (count - 1) * gapPx;
      let pictures = Infinity;
      if (count * rowPx < 3 * width) {
        pictures = 0;
        if (arrangement.runs && end <= n) pictures = aspectSum[end] - aspectSum[first];
        else for (let f = first; f < end; f++) pictures += aspect[flat[f]];
        pictures *= rowPx;
      }
      const short = pictures * ROW_SCALE + gaps <= width;
      const narrow = pictures + gaps < leastPx;
      const own = narrow ? leastPx : gaps, scales = narrow ? 0 : pictures;
      // Once a shelf is full, the next section joins it only if the pictures need not become too small.
      const fits = scaled + fixed < width && width - fixed - own - sectionGapPx >= LEAST_SCALE * (scaled + scales);
      if (shelfFrom < s && !(short && fits)) {
        y = this.#placeShelf(shelfFrom, s, y, (width - fixed) / Math.max(1, scaled));
        shelfFrom = s;
        scaled = fixed = 0;
        if (y > enough) break;
      }
      if (short) {
        shelved[s] = 1;
        widths[s] = narrow ? -leastPx : pictures;
        rowFrom[rows++] = first;
        fixed += own + (s > shelfFrom ? sectionGapPx : 0);
        scaled += scales;
        continue;
      }
      top[s] = y;
      this.left[s] = 0;
      widths[s] = width;
      shelved[s] = 0;
      rowHeights[s] = rowPx;
      const before = rows;
      rows = this.#breakRows(flat, first, end, rows);
      y += headPx + (rows - before) * (rowPx + gapPx) - gapPx + sectionGapPx;
      shelfFrom = s + 1;
    }
    firstRow[laid] = rows;
    if (shelfFrom < laid) y = this.#placeShelf(shelfFrom, laid, y, (width - fixed) / Math.max(1, scaled));
    top[laid] = y;
    this.laid = laid;
    this.height = laid < k ? y * (k / laid) : y;
  }

  /** Lays out the rest. */
  complete() {
    if (this.arrangement && this.laid < this.arrangement.k) this.update(this.arrangement, this.measures);
  }

  /**
   * Rows of full width. @param {Uint32Array} flat @param {number} from @param {number} to
   * @param {number} rows number of rows before these @returns {number} number of rows after these
   */
  #breakRows(flat, from, to, rows) {
    const { width, rowPx, gapPx } = this.measures;
    const { aspect, rowFrom } = this;
    let used = 0;
    rowFrom[rows++] = from;
    for (let f = from; f < to; f++) {
      const tile = aspect[flat[f]] * rowPx;
      // A tile that is more than half beyond the edge starts the next row.
      if (used > 0 && used + tile / 2 > width) {
        rowFrom[rows++] = f;
        used = 0;
      }
      used += tile + gapPx;
    }
    return rows;
  }

  /**
   * Places the sections [a, b) side by side. Their `width` holds that of their pictures, or less than 0 for a section
   * that is as wide as its head needs.
   * @param {number} a @param {number} b @param {number} y top @param {number} filling the scale that fills the width
   * @returns {number} top of what follows
   */
  #placeShelf(a, b, y, filling) {
    const { rowPx, gapPx, headPx, sectionGapPx } = this.measures;
    const { from, to } = /** @type {import('./arrange.js').Arrangement} */ (this.arrangement);
    const { top, left, width, rowPx: rowHeights } = this;
    // A shelf that is not full stays as it is.
    const scale = filling >= MOST_SCALE ? 1 : filling;
    let x = 0;
    for (let s = a; s < b; s++) {
      top[s] = y;
      left[s] = x;
      const wide = width[s] < 0 ? -width[s] : width[s] * scale + (to[s] - from[s] - 1) * gapPx;
      width[s] = wide;
      rowHeights[s] = rowPx * scale;
      x += wide + sectionGapPx;
    }
    return y + headPx + rowPx * scale + sectionGapPx;
  }

  /** Height of a section with its head. @param {number} s */
  sectionHeight(s) {
    const { headPx, gapPx } = this.measures;
    return headPx + (this.firstRow[s + 1] - this.firstRow[s]) * (this.rowPx[s] + gapPx) - gapPx;
  }

  /** First section whose end is below y. @param {number} y */
  sectionAt(y) {
    if (y > this.top[this.laid]) this.complete();
    let low = 0, high = this.laid;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.top[mid] + this.sectionHeight(mid) < y) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  /** Top of a row. @param {number} s section @param {number} row counted over all sections */
  rowTop(s, row) {
    const { headPx, gapPx } = this.measures;
    return this.top[s] + headPx + (row - this.firstRow[s]) * (this.rowPx[s] + gapPx);
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
    const { width, gapPx } = this.measures;
    const rowPx = this.rowPx[s];
    const a = this.rowFrom[row], b = this.rowTo(s, row);
    const gaps = (b - a - 1) * gapPx;
    let sum = 0;
    for (let f = a; f < b; f++) sum += this.aspect[flat[f]] * rowPx;
    let by = 1;
    if (this.shelved[s]) by = Math.min(1, (this.width[s] - gaps) / sum);
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
