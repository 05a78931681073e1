/** Which picture of a group is suggested as the best one, and why. Faces and eyes are not judged. */

/**
 * @typedef {{best: number, reasons: readonly string[], soft: ReadonlySet<number>}} Judged
 * `best`: the picture that is suggested, -1 for none; `soft`: those that are clearly less sharp than the sharpest
 */

/** Pictures less sharp than this share of the sharpest one are soft; other differences are those of noise and framing. */
const SOFT = 0.94;

/**
 * @param {readonly {id: number, pixels: number, sharpness: number | null}[]} pictures of one scene
 * @returns {Judged}
 */
export function bestOf(pictures) {
  const known = pictures.map(({ sharpness }) => sharpness ?? NaN).filter((value) => value > 0);
  const sharpest = known.length > 1 ? Math.max(...known) : NaN;
  const soft = new Set(pictures.flatMap(({ id, sharpness }) => (sharpness !== null && sharpness < SOFT * sharpest ? [id] : [])));
  const sharp = pictures.filter(({ id }) => !soft.has(id));
  const most = Math.max(...sharp.map(({ pixels }) => pixels)), large = sharp.filter(({ pixels }) => pixels === most);
  const best = [...large].sort((a, b) => (b.sharpness ?? 0) - (a.sharpness ?? 0))[0];
  const reasons = [];
  if (soft.size) reasons.push(soft.size === pictures.length - 1 ? 'the sharpest' : 'among the sharpest');
  if (large.length < sharp.length) reasons.push(large.length === 1 ? 'the largest' : 'among the largest');
  return { best: reasons.length && best ? best.id : -1, reasons, soft };
}
