/**
 * Requests to the server or, in a copy of the page, to the data inside it. All addresses of data contain the snapshot's
 * key, so that the browser can keep every answer.
 */
import { copy } from './copy.js';

/** A refusal by the server, or that it cannot be reached (status 0). */
export class ServerError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.status = status;
    /** whether the token is from an earlier start of the server */
    this.isStale = false;
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
    throw new ServerError('Connection lost.', 0);
  }
  if (reply.ok) return reply;
  const answer = /** @type {import('../core/wire.js').Refusal | null} */ (await reply.json().catch(() => null));
  const refusal = new ServerError(answer?.error ?? `The server answered ${reply.status}.`, reply.status);
  refusal.isStale = reply.headers.has('X-Imagecluster-Stale');
  throw refusal;
}

/** @param {string} address @param {AbortSignal} [stop] @returns {Promise<any>} */
const askJson = async (address, stop) => (await ask(address, { signal: stop })).json();

/** The current state. @returns {Promise<import('../core/wire.js').State>} */
export const askState = () => askJson('/api/state');

/** The current corrections. @returns {Promise<import('../core/wire.js').Edits>} */
export const askEdits = () => askJson('/api/edits');

/** The number of clusters at each similarity. @param {string} snapshot @returns {Promise<import('../core/wire.js').Curve>} */
export const askCurve = (snapshot) => askJson(`/api/${snapshot}/curve`);

/** Names of a range of ids. @param {string} snapshot @param {number} from @param {number} to @returns {Promise<import('../core/wire.js').Names>} */
export const askNames = (snapshot, from, to) => askJson(`/api/${snapshot}/names.json?from=${from}&to=${to}`);

/** Pictures whose path contains all words. @param {string} snapshot @param {string} text @returns {Promise<import('../core/wire.js').Named>} */
export const askNamed = (snapshot, text) => askJson(`/api/${snapshot}/named?text=${encodeURIComponent(text)}`);

/** Files that could not be read. @returns {Promise<import('../core/wire.js').Skips>} */
export const askSkips = () => askJson('/api/skips');

/** Files of the same bytes. @param {string} snapshot @returns {Promise<import('../core/wire.js').Identical>} */
export const askIdentical = (snapshot) => askJson(`/api/${snapshot}/identical`);

/** Pictures that show what a text describes. @param {string} snapshot @param {string} text @param {number} most @returns {Promise<import('../core/wire.js').Found>} */
export const askLikeText = (snapshot, text, most) => askJson(`/api/${snapshot}/search?text=${encodeURIComponent(text)}&k=${most}`);

/** Pictures that look like a given one. @param {string} snapshot @param {number} id @param {number} most @returns {Promise<import('../core/wire.js').Found>} */
export const askLikePicture = (snapshot, id, most) => askJson(`/api/${snapshot}/search?picture=${id}&k=${most}`);

/** Facts about a picture. @param {string} snapshot @param {number} id @param {AbortSignal} stop @returns {Promise<import('../core/wire.js').PictureFacts>} */
export const askPicture = (snapshot, id, stop) => askJson(`/api/${snapshot}/picture/${id}`, stop);

/**
 * Facts about a cluster, given as a run of the leaf order.
 * @param {string} snapshot @param {number} from @param {number} to @param {AbortSignal} stop
 * @returns {Promise<import('../core/wire.js').ClusterFacts>}
 */
export const askCluster = (snapshot, from, to, stop) => askJson(`/api/${snapshot}/cluster?a=${from}&b=${to}`, stop);

/** The groups of copies, without their files; the first request starts the search. @param {string} snapshot @param {boolean} again after a failure @returns {Promise<import('../core/wire.js').Duplicates>} */
export const askDuplicates = (snapshot, again) => askJson(`/api/${snapshot}/copies${again ? '?again=1' : ''}`);

/** A run of groups of copies with their files. @param {string} snapshot @param {number} version @param {number} from @param {number} to @returns {Promise<import('../core/wire.js').DuplicateGroups>} */
export const askDuplicateGroups = (snapshot, version, from, to) => askJson(`/api/${snapshot}/copies/groups?version=${version}&from=${from}&to=${to}`);

/** The trips and events; the first request starts the search. @param {string} snapshot @param {boolean} again after a failure @returns {Promise<import('../core/wire.js').Trips>} */
export const askTrips = (snapshot, again) => askJson(`/api/${snapshot}/trips${again ? '?again=1' : ''}`);

/** The latest actions on files, newest first. @returns {Promise<import('../core/wire.js').Actions>} */
export const askActions = () => askJson('/api/actions');

/** An array of numbers, one per picture. @param {string} snapshot @param {'order' | 'gap' | 'distances' | 'rank' | 'pictures'} name @returns {Promise<ArrayBuffer>} */
export const askArray = async (snapshot, name) => (await ask(`/api/${snapshot}/${name}.bin`)).arrayBuffer();

/**
 * Positions of the pictures on the map, and whether better ones are being computed; null while there are none (202).
 * @param {string} snapshot @returns {Promise<{places: Float32Array<ArrayBuffer>, betterComes: boolean} | null>}
 */
export async function askMap(snapshot) {
  const reply = await ask(`/api/${snapshot}/map.bin`);
  if (reply.status === 202) return null;
  return { places: new Float32Array(await reply.arrayBuffer()), betterComes: reply.headers.has('X-Imagecluster-Better') };
}

/** @param {Document} page */
const tokenOf = (page) => page.querySelector('meta[name="imagecluster-token"]')?.getAttribute('content') ?? '';
let token = tokenOf(document);
/** The collection to which everything belongs that this page says. */
let place = '';

/** @param {string} is of the state that the page loaded first */
export const setPlace = (is) => { place = is; };

/** Takes the token of a server that was started again, as a reload would, if it shows the same collection. */
export async function renewToken() {
  const page = await (await ask('/')).text();
  if ((await askState()).place !== place) throw new ServerError('Another collection is shown at this address now; reload the page.', 410);
  token = tokenOf(new DOMParser().parseFromString(page, 'text/html')) || token;
}

/** @param {string} address @param {object} body @returns {Promise<any>} */
async function post(address, body) {
  const send = () => ask(address, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Imagecluster-Token': token }, body: JSON.stringify(body),
  });
  try {
    return await (await send()).json();
  } catch (error) {
    // What is refused so has changed nothing, and may be said again.
    if (!(error instanceof ServerError && error.isStale)) throw error;
    await renewToken();
    return (await send()).json();
  }
}

/**
 * Sends a correction, an undo or a redo.
 * @param {import('../core/wire.js').CorrectionRequest | import('../core/wire.js').StepRequest} body
 * @returns {Promise<import('../core/wire.js').Edits>}
 */
export const postEdit = (body) => post('/api/edits', body);

/** Writes an output. @param {import('../core/wire.js').ExportRequest} body @returns {Promise<import('../core/wire.js').Written>} */
export const postExport = (body) => post('/api/export', body);

/** Searches for pictures similar to one from outside. @param {import('../core/wire.js').SearchRequest} body @returns {Promise<import('../core/wire.js').Found>} */
export const postSearch = (body) => post('/api/search', body);

/** How sharp pictures of one scene are. @param {string} snapshot @param {readonly number[]} ids @returns {Promise<import('../core/wire.js').Sharpness>} */
export const askSharpness = (snapshot, ids) => askJson(`/api/${snapshot}/sharpness?ids=${ids.join()}`);

/** Makes a plan for moving rejected pictures away; nothing is moved yet. @param {import('../core/wire.js').RejectedPlanRequest} body @returns {Promise<import('../core/wire.js').PlanFacts>} */
export const postRejectedPlan = (body) => post('/api/choices/plan', body);

/** Makes a plan for removing copies; nothing is moved yet. @param {import('../core/wire.js').PlanRequest} body @returns {Promise<import('../core/wire.js').PlanFacts>} */
export const postPlan = (body) => post('/api/actions/plan', body);

/** Chooses which file of each group is kept. @param {import('../core/wire.js').KeepingRules} body @returns {Promise<import('../core/wire.js').KeepingRules>} */
export const postRules = (body) => post('/api/copies/rules', body);

/** Does what a plan says. @param {import('../core/wire.js').ActRequest} body @returns {Promise<import('../core/wire.js').Outcome>} */
export const postApply = (body) => post('/api/actions/apply', body);

/** Puts back what an action moved. @param {number} number @returns {Promise<import('../core/wire.js').Outcome>} */
export const postPutBack = (number) => post('/api/actions/undo', { number });

/** Opens the file manager at a picture. @param {import('../core/wire.js').RevealRequest} body @returns {Promise<import('../core/wire.js').Done>} */
export const postReveal = (body) => post('/api/reveal', body);

/** The reason why a placeholder is shown instead of a picture; empty if it is not. @param {string} address */
export async function whyPlaceholder(address) {
  if (copy) return '';
  const reply = await ask(address).catch(() => null);
  return reply?.headers.get('X-Imagecluster-Reason') ?? '';
}

/** Address of a thumbnail. @param {string} snapshot @param {number} id @param {192 | 384 | 1024} size */
export const thumbnail = (snapshot, id, size) => copy?.picture(id) ?? `/api/${snapshot}/thumb/${id}?size=${size}`;

/** Address of a picture as large as screens show it. @param {string} snapshot @param {number} id */
export const screenSize = (snapshot, id) => copy?.picture(id) ?? `/api/${snapshot}/screen/${id}`;

/** Address of the picture itself. @param {string} snapshot @param {number} id */
export const original = (snapshot, id) => copy?.picture(id) ?? `/api/${snapshot}/original/${id}`;
