/**
 * Cuts a dendrogram in one scan of its gaps. Pure: arrays in, arrays out; no page.
 *
 * The rule is the command line's (scipy's fcluster with criterion "distance"): pictures that first join at or below the
 * height of the cut stay together.
 */

/**
 * A branch with its own cut: the run [from, to) of positions is cut at `height`, whatever the similarity index.
 * It has no effect if the cut around it joins the branch to others.
 * @typedef {{from: number, to: number, height: number}} Branch
 * @typedef {{k: number, starts: Uint32Array, heights: Float64Array}} Runs  run c is [starts[c], starts[c + 1])
 */

/** Room for the runs of n pictures. @param {number} n @returns {Runs} */
export const emptyRuns = (n) => ({ k: 0, starts: new Uint32Array(n + 1), heights: new Float64Array(n) });

/**
 * Branches that have an effect, none inside another: a smaller branch takes precedence over the one around it.
 * @param {Float64Array} gap @param {number} height @param {readonly Branch[]} branches
 * @returns {Branch[]} segments that cover all positions, in order
 */
export function segments(gap, height, branches) {
  const n = gap.length + 1;
  let segmented = [{ from: 0, to: n, height }];
  const outerFirst = [...branches].sort((a, b) => (b.to - b.from) - (a.to - a.from));
  for (const branch of outerFirst) {
    const around = segmented.findIndex((s) => s.from <= branch.from && branch.to <= s.to);
    if (around < 0) continue;
    const outer = segmented[around];
    const apart = (/** @type {number} */ p) => p === outer.from - 1 || p === outer.to - 1 || gap[p] > outer.height;
    if (!apart(branch.from - 1) || !apart(branch.to - 1)) continue;
    const parts = [
      { from: outer.from, to: branch.from, height: outer.height },
      branch,
      { from: branch.to, to: outer.to, height: outer.height },
    ].filter((s) => s.from < s.to);
    segmented = [...segmented.slice(0, around), ...parts, ...segmented.slice(around + 1)];
  }
  return segmented;
}

/**
 * Runs of a cut, with the height at which each became one.
 * @param {Float64Array} gap @param {number} height @param {readonly Branch[]} branches @param {Runs} out
 * @returns {Runs} `out`
 */
export function cutRuns(gap, height, branches, out) {
  const { starts, heights } = out;
  const n = gap.length + 1;
  let k = 0;
  for (const segment of branches.length ? segments(gap, height, branches) : [{ from: 0, to: n, height }]) {
    const { to, height: limit } = segment;
    let tallest = 0;
    starts[k] = segment.from;
    for (let p = segment.from; p < to - 1; p++) {
      const g = gap[p];
      if (g > limit) {
        heights[k++] = tallest;
        starts[k] = p + 1;
        tallest = 0;
      } else if (g > tallest) tallest = g;
    }
    heights[k++] = tallest;
  }
  starts[k] = n;
  out.k = k;
  return out;
}

/** Largest gap inside [from, to); 0 for one picture. @param {Float64Array | Float32Array} gap @param {number} from @param {number} to */
export function joinedAt(gap, from, to) {
  let tallest = 0;
  for (let p = from; p < to - 1; p++) if (gap[p] > tallest) tallest = gap[p];
  return tallest;
}

/**
 * The branch that a run joins next: the smallest one around it.
 * @param {Float64Array} gap @param {number} from @param {number} to
 * @returns {Branch | null} null if the run is the whole collection
 */
export function parentOf(gap, from, to) {
  const left = from > 0 ? gap[from - 1] : Infinity;
  const right = to <= gap.length ? gap[to - 1] : Infinity;
  const height = Math.min(left, right);
  if (height === Infinity) return null;
  let a = from, b = to;
  while (a > 0 && gap[a - 1] <= height) a--;
  while (b <= gap.length && gap[b - 1] <= height) b++;
  return { from: a, to: b, height };
}

/**
 * The cuts that split a run at its last merge and nowhere else. By branch, many merges have the height of the last one;
 * of these the farthest counts, and the parts between are held together by cuts of their own.
 * @param {Float64Array} gap @param {ArrayLike<number>} distances at which the same places join
 * @param {number} from @param {number} to
 * @returns {Branch[]} the run first; empty if the pictures are identical, or there is only one
 */
export function splitOf(gap, distances, from, to) {
  const tallest = joinedAt(gap, from, to);
  if (tallest <= 0) return [];
  let below = 0, farthest = -Infinity;
  for (let p = from; p < to - 1; p++) {
    if (gap[p] < tallest) below = Math.max(below, gap[p]);
    else if (distances[p] > farthest) farthest = distances[p];
  }
  const cuts = [{ from, to, height: below }];
  for (let p = from, start = from; p < to; p++) {
    if (p < to - 1 && !(gap[p] === tallest && distances[p] === farthest)) continue;
    const height = joinedAt(gap, start, p + 1);
    if (height > below) cuts.push({ from: start, to: p + 1, height });
    start = p + 1;
  }
  return cuts;
}

/** Branches with one more, without those that it makes superfluous. @param {readonly Branch[]} branches @param {Branch} added */
export function withBranch(branches, added) {
  const kept = branches.filter((b) => b.to <= added.from || b.from >= added.to || (b.from <= added.from && b.to >= added.to
    && !(b.from === added.from && b.to === added.to)));
  return [...kept, added];
}

/**
 * Distance at which a run joins the branch next to it.
 * @param {Float32Array} distances @param {number} from @param {number} to
 */
export function nextDistance(distances, from, to) {
  return Math.min(from > 0 ? distances[from - 1] : Infinity, to <= distances.length ? distances[to - 1] : Infinity);
}

/**
 * A merge: of two nodes, leaves counting from 0 in the leaf order and merge i being node n_leaves + i.
 * @typedef {{left: number, right: number, height: number}} Merge
 */

/**
 * The tree above a run, rebuilt from its gaps, lowest merge first.
 * @param {Float64Array} gap @param {number} from @param {number} to @returns {Merge[]}
 */
export function treeOf(gap, from, to) {
  const m = to - from;
  const merges = Array.from({ length: m - 1 }, (_, i) => i).sort((a, b) => gap[from + a] - gap[from + b] || a - b);
  const root = Uint32Array.from({ length: m }, (_, i) => i);
  const node = Uint32Array.from({ length: m }, (_, i) => i);
  const find = (/** @type {number} */ leaf) => {
    while (root[leaf] !== leaf) {
      root[leaf] = root[root[leaf]];
      leaf = root[leaf];
    }
    return leaf;
  };
  return merges.map((p, i) => {
    const a = find(p), b = find(p + 1);
    const merge = { left: node[a], right: node[b], height: gap[from + p] };
    root[b] = a;
    node[a] = m + i;
    return merge;
  });
}
