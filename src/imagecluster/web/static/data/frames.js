/**
 * Where one picture lies in another one: maps of the plane in shares of width and height, 2 x 3 by rows, as the server
 * sends them. Pure.
 * @typedef {readonly number[]} Frame
 */

/** The map of a picture onto one of equal frame. @type {Frame} */
export const WHOLE = [1, 0, 0, 0, 1, 0];

/** @param {Frame | undefined} matrix as sent, empty for equal frames @returns {Frame} */
export const frameOf = (matrix) => (matrix?.length === 6 && Math.abs(area(matrix)) > 1e-6 ? matrix : WHOLE);

/** Area of a picture in the other one, negative if mirrored. @param {Frame} m */
export const area = (m) => m[0] * m[4] - m[1] * m[3];

/** A point of the picture, in the other one. @param {Frame} m @param {number} x @param {number} y @returns {[number, number]} */
export const placed = (m, x, y) => [m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]];

/** The map of the other picture onto this one. @param {Frame} m @returns {Frame} */
export function inverse(m) {
  const d = area(m);
  return [
    m[4] / d, -m[1] / d, (m[1] * m[5] - m[4] * m[2]) / d,
    -m[3] / d, m[0] / d, (m[3] * m[2] - m[0] * m[5]) / d,
  ];
}

/** The four corners of a picture in the other one, as points of a polygon. @param {Frame} m */
export const corners = (m) => [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => placed(m, x, y).map((v) => v.toFixed(5)).join()).join(' ');

/** The part of the other picture that a picture covers, as a shape in CSS. @param {Frame} m */
export const shapeOf = (m) => `polygon(${[[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => placed(m, x, y).map((v) => `${(100 * v).toFixed(3)}%`).join(' ')).join(', ')})`;

/** Smallest part of a frame that is worth an outline of its own. */
const MUCH = 0.015;

/** Whether the edges of a picture lie away from those of the other one. @param {Frame} m */
export function isElsewhere(m) {
  const points = [placed(m, 0, 0), placed(m, 1, 1)];
  return points.some((point) => point.some((v) => Math.min(Math.abs(v), Math.abs(1 - v)) > MUCH));
}

/**
 * The map as a transformation in CSS of a box that covers the other picture, with its corner at (left, top).
 * @param {Frame} m @param {number} aspect width / height of the other picture
 */
export const cssOf = (m, aspect) => ({
  left: `${(100 * m[2]).toFixed(4)}%`, top: `${(100 * m[5]).toFixed(4)}%`,
  transform: `matrix(${[m[0], m[3] / aspect, m[1] * aspect, m[4], 0, 0].map((v) => v.toFixed(6)).join()})`,
});
