/**
 * Talks to the server; in a copy of the page, to the data that it holds. All addresses of data carry the snapshot's key,
 * so that the browser may keep every answer.
 */
import { copy } from './copy.js';

/**
 * @typedef {{sim: number, label: string, n_clusters: number}} Suggestion
 * @typedef {{running: boolean, stage: string, done: number, total: number, error?: string}} Run
 * @typedef {{snapshot: string, n: number, model: string, root_name: string, sim: number, min_size: number,
 *   scale: import('./scale.js').Scale, largest_distance: number, max_diameter: number | null, has_times: boolean,
 *   has_places: boolean, read_only: boolean, can_reveal?: boolean, can_search_text: boolean,
 *   provisional?: boolean, run: Run, skips?: [string, string][], made_s?: number, lacks?: string[],
 *   link?: string}} ServerState  `skips`: files that cannot be read, where there is no picture; the last three in a copy
 *   of the page: when it was made, which commands it lacks, and what it shows first, as in the page's address
 * @typedef {{id: number, distance: number}} Neighbour
 * @typedef {{name: string, folder: string, bytes: number, width: number, height: number, format: string,
 *   taken_s: number | null, latitude: number | null, longitude: number | null, exif: Record<string, unknown>, problem?: string,
 *   neighbours: Neighbour[]}} PictureFacts
 * @typedef {[number, number, number, boolean]} Pair  two pictures, their distance, and whether no other pair can be closer, or farther
 * @typedef {{closest: Pair | null, farthest: Pair | null,
 *   nearest_outside: {id: number, distance: number, exact: boolean} | null}} ClusterFacts
 * @typedef {{sim: number[], n_clusters: number[], n_grouped: number[],
 *   suggestions: Suggestion[]}} Curve
 * @typedef {{snapshot: string, version: number, corrections: import('./replay.js').Corrections, can_undo: boolean,
 *   can_redo: boolean}} EditsAnswer
 */

/** What the server refused, or that it cannot be reached (status 0). */
export class ServerError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @param {string} address @param {RequestInit} [options] @returns {Promise<Response>} */
async function ask(address, options) {
  /** @type {Response} */
  let reply;
  try {
    reply = copy ? copy.answer(address) : await fetch(address, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ServerError('The server does not answer.', 0);
  }
  if (reply.ok) return reply;
  const answer = await reply.json().catch(() => null);
  throw new ServerError(answer?.error ?? `The server answered ${reply.status}.`, reply.status);
}

/** @param {string} address @param {AbortSignal} [stop] @returns {Promise<any>} */
export const askJson = async (address, stop) => (await ask(address, { signal: stop })).json();

/** @param {string} address @returns {Promise<ArrayBuffer | null>} null while the server is still at it (202) */
export async function askBytes(address) {
  const reply = await ask(address);
  return reply.status === 202 ? null : reply.arrayBuffer();
}

/**
 * Places of the pictures on the map, and whether better ones are being worked out; null while there are none yet.
 * @param {string} snapshot @returns {Promise<{places: Float32Array<ArrayBuffer>, betterComes: boolean} | null>}
 */
export async function askMap(snapshot) {
  const reply = await ask(`/api/${snapshot}/map.bin`);
  if (reply.status === 202) return null;
  return { places: new Float32Array(await reply.arrayBuffer()), betterComes: reply.headers.has('X-Imagecluster-Better') };
}

/** @param {string} address @param {unknown} body @returns {Promise<any>} */
export async function post(address, body) {
  const token = document.querySelector('meta[name="imagecluster-token"]')?.getAttribute('content') ?? '';
  const headers = { 'Content-Type': 'application/json', 'X-Imagecluster-Token': token };
  const reply = await ask(address, { method: 'POST', headers, body: JSON.stringify(body) });
  return reply.json().catch(() => ({}));
}

/** Why a placeholder stands in for a picture; empty where none does. @param {string} address */
export async function whyPlaceholder(address) {
  if (copy) return '';
  const reply = await ask(address).catch(() => null);
  return reply?.headers.get('X-Imagecluster-Reason') ?? '';
}

/** Address of a thumbnail. @param {string} snapshot @param {number} id @param {192 | 384 | 1024} size */
export const thumbnail = (snapshot, id, size) => copy?.picture(id) ?? `/api/${snapshot}/thumb/${id}?size=${size}`;

/** Address of the picture itself. @param {string} snapshot @param {number} id */
export const original = (snapshot, id) => copy?.picture(id) ?? `/api/${snapshot}/original/${id}`;
