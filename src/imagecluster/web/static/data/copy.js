/** A copy of the page that was exported for sharing: it contains its data and needs no server. */
import { isNamed } from '../core/text.js';

/** Nothing, for a picture that could not be read or was hidden. */
const NO_PICTURE = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
const IN_A_FOLDER = 1000;

/** @param {string} text in base64 @returns {ArrayBuffer} */
function bytesOf(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes.buffer;
}

/** @param {import('../core/wire.js').Answer} answer @param {number} [status] */
const reply = (answer, status = 200) => Response.json(answer, { status });

/** Answers the requests that the page would send to a server. */
class Copy {
  /** @param {import('../core/wire.js').CopyData} data */
  constructor(data) {
    this.data = data;
    this.nearest = data.neighbours && {
      k: data.neighbours.k,
      ids: new Uint32Array(bytesOf(data.neighbours.ids)),
      distances: new Float32Array(bytesOf(data.neighbours.distances)),
    };
    this.gap = new Float64Array(bytesOf(data.arrays.gap));
    this.pairs = new Map(Object.entries(data.clusters).map(([name, { ids, distances }]) => [name, {
      ids: new Int32Array(bytesOf(ids)), distances: new Float32Array(bytesOf(distances)),
    }]));
    this.shapes = new Uint16Array(bytesOf(data.arrays.pictures));
    this.missing = new Set(data.missing);
    this.times = new Float64Array(this.shapes.buffer);
  }

  /** @param {string} address @returns {Response} */
  answer(address) {
    const { data } = this;
    const { pathname, searchParams: query } = new URL(address, 'file:///');
    const [, , first, name, id] = pathname.split('/');
    const number = (/** @type {string} */ key) => Number(query.get(key));
    const array = name?.endsWith('.bin') && data.arrays[/** @type {keyof typeof data.arrays} */ (name.slice(0, -4))];
    if (array) return new Response(bytesOf(array));
    if (first === 'state') return reply(data.state);
    if (first === 'edits') return reply(data.edits);
    if (name === 'curve') return reply(data.curve);
    if (name === 'names.json') return reply(data.names.slice(number('from'), number('to')));
    if (name === 'named') {
      const text = query.get('text') ?? '';
      return reply({ ids: data.names.flatMap((path, id) => (isNamed(path, text) ? [id] : [])) });
    }
    if (name === 'picture') return reply(this.#facts(Number(id)));
    if (name === 'cluster') return reply(this.#clusterFacts(number('a'), number('b')));
    if (name === 'search') return reply({ results: this.#neighbours(number('picture')) });
    return reply({ error: 'This is a copy of the page, which does not contain that.' }, 404);
  }

  /** @param {number} from @param {number} to @returns {import('../core/wire.js').ClusterFacts} */
  #clusterFacts(from, to) {
    let place = from;
    for (let p = from; p < to - 1; p++) if (this.gap[p] > this.gap[place]) place = p;
    const pair = (/** @type {'closest' | 'farthest' | 'outside'} */ name) => {
      const { ids, distances } = this.pairs.get(name) ?? {};
      if (!ids || !distances || to - from < 2 || ids[2 * place] < 0) return null;
      return /** @type {import('../core/wire.js').Pair} */ ([ids[2 * place], ids[2 * place + 1], distances[place], true]);
    };
    const outside = pair('outside');
    return {
      closest: pair('closest'), farthest: pair('farthest'), verified: null,
      nearest_outside: outside && { id: outside[1], distance: outside[2], exact: true },
    };
  }

  /** @param {number} id @returns {import('../core/wire.js').PictureFacts} */
  #facts(id) {
    const path = this.data.names[id], name = path.split('/').pop() ?? '', taken = this.times[2 * id + 1];
    return {
      name, folder: path.slice(0, Math.max(0, path.length - name.length - 1)), bytes: this.data.bytes[id],
      width: this.shapes[8 * id], height: this.shapes[8 * id + 1], format: name.split('.').pop()?.toUpperCase() ?? '',
      taken_s: Number.isNaN(taken) ? null : taken, latitude: null, longitude: null, exif: {}, note: '', other_names: [], problem: '',
      neighbours: this.#neighbours(id),
    };
  }

  /** @param {number} id @returns {import('../core/wire.js').Neighbour[]} */
  #neighbours(id) {
    const { nearest } = this;
    if (!nearest) return [];
    return Array.from(nearest.ids.subarray(id * nearest.k, (id + 1) * nearest.k), (other, i) => ({
      id: other, distance: nearest.distances[id * nearest.k + i],
    }));
  }

  /** Address of a picture, in the one size that the copy has. @param {number} id */
  picture(id) {
    const { thumbnails } = this.data;
    if (this.missing.has(id)) return NO_PICTURE;
    if (!thumbnails) return `pictures/${String(Math.floor(id / IN_A_FOLDER)).padStart(3, '0')}/${id}.jpg`;
    return thumbnails[id] ? `data:image/jpeg;base64,${thumbnails[id]}` : NO_PICTURE;
  }
}

/** The data inside the page, if it is a copy. */
function embeddedCopy() {
  const element = document.getElementById('copy');
  if (!element) return null;
  const embedded = new Copy(JSON.parse(element.textContent ?? ''));
  element.remove();
  return embedded;
}

/** The copy's data; null in a page from a server. */
export const copy = embeddedCopy();
