/** The scale of similarity: from the height of a merge to a similarity, to words, and back. Pure. */

/** @typedef {import('../core/wire.js').Scale} Scale */

/** Height of a cut. @param {Scale} scale @param {number} sim */
export function heightOf({ heights, sims }, sim) {
  // By rounding, a merge can be a little above the last point. A merge that would be too wide is at infinity.
  if (sim <= 0) return Number.MAX_VALUE;
  let i = 1;
  while (i < sims.length - 1 && sim <= sims[i]) i++;
  return heights[i - 1] + (heights[i] - heights[i - 1]) * ((sims[i - 1] - sim) / (sims[i - 1] - sims[i]));
}

/** Similarity index at which pictures that join at a height come together. @param {Scale} scale @param {number} height */
export function simOf({ heights, sims }, height) {
  let i = 1;
  while (i < heights.length - 1 && height > heights[i]) i++;
  const span = heights[i] - heights[i - 1];
  if (span <= 0) return 1;
  return Math.max(0, sims[i - 1] + (sims[i] - sims[i - 1]) * ((height - heights[i - 1]) / span));
}

/** The smallest sim for each word for clusters, as on the page of contact sheets. */
const WORDS = /** @type {[number, string][]} */ ([
  [0.9, 'nearly identical'], [0.75, 'very close'], [0.5, 'close'], [0.25, 'alike'],
]);

/** Words for how similar pictures are that come together at a height. @param {number} height @param {Scale} scale */
export function closeness(height, scale) {
  if (height <= 0) return 'identical';
  const sim = simOf(scale, height);
  return WORDS.find(([least]) => sim >= least)?.[1] ?? 'loose';
}
