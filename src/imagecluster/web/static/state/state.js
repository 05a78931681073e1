/** The state of the page: one set of signals that every part reads. Changes go through commands.js. */
import { computed, signal } from '../core/preact.js';
import { NO_CORRECTIONS } from '../data/replay.js';

/**
 * @typedef {'gallery' | 'map' | 'timeline' | 'copies' | 'trips'} ViewName
 * @typedef {'S' | 'M' | 'L'} SizeName
 * @typedef {{kind: 'picture' | 'name' | 'text', label: string, ids: number[], text?: string, like?: number}} SearchResults  `text` or `like` lead to it again
 * @typedef {{kind: 'loading' | 'ready' | 'failed', message: string}} Status
 * @typedef {{from: number, to: number, section: number}} OpenCluster  from, to: places in the leaf order
 * @typedef {'keys' | 'name' | 'export' | 'compare' | 'plan' | 'trip' | 'hide' | 'tray' | 'rejected' | null} DialogName
 * @typedef {{id: number, section: number, from: 'map' | 'gallery'}} Pointed  -1 for none
 * @typedef {{label: string, run: () => unknown}} NoticeAct
 */

/** @type {import('../vendor/signals.js').Signal<import('../core/wire.js').State | null>} */
export const server = signal(null);
/** @type {import('../vendor/signals.js').Signal<import('../data/collection.js').Collection | null>} */
export const collection = signal(null);
/** The collection that is shown, if any; a view that reads it is drawn again with another one. */
export const shownCollection = () => /** @type {import('../data/collection.js').Collection} */ (collection.value);
/** The same, for code that must not run again with another collection. */
export const collectionNow = () => /** @type {import('../data/collection.js').Collection} */ (collection.peek());
/** @type {import('../vendor/signals.js').Signal<Status>} */
export const status = signal({ kind: 'loading', message: '' });
/** Whether the server answers. */
export const online = signal(true);
/** @type {import('../vendor/signals.js').Signal<import('../core/wire.js').Run | null>} */
export const run = signal(null);

export const sim = signal(0.5);
export const minSize = signal(2);
/** @type {import('../vendor/signals.js').Signal<import('../data/arrange.js').SortKey>} */
export const sort = signal('size');
/** @type {import('../vendor/signals.js').Signal<SizeName>} */
export const size = signal('M');
/** @type {import('../vendor/signals.js').Signal<ViewName>} */
export const view = signal('gallery');
/** Branches with their own cut. @type {import('../vendor/signals.js').Signal<readonly import('../data/cut.js').Branch[]>} */
export const branches = signal([]);
/** Selected ids. @type {import('../vendor/signals.js').Signal<ReadonlySet<number>>} */
export const selection = signal(new Set());

/** The number of clusters at each similarity. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').Curve | null>} */
export const curve = signal(null);
/** Whether the slider is being dragged. */
export const dragging = signal(false);
/** @type {import('../vendor/signals.js').Signal<import('../data/arrange.js').Arrangement | null>} */
export const arrangement = signal(null);
/** @type {import('../vendor/signals.js').Signal<SearchResults | null>} */
export const results = signal(null);
/** Nothing was chosen among pictures. @type {import('../core/wire.js').Choices} */
export const NO_CHOICES = { kept: [], rejected: [], stars: [] };
/** No corrections are known. */
export const NO_EDITS = { version: -1, corrections: NO_CORRECTIONS, choices: NO_CHOICES, undo: null, redo: null };
/** Corrections as the server keeps them. @type {import('../vendor/signals.js').Signal<{version: number, corrections: import('../data/replay.js').Corrections, choices: import('../core/wire.js').Choices, undo: import('../core/wire.js').MadeCorrection | null, redo: import('../core/wire.js').MadeCorrection | null}>} */
export const edits = signal(NO_EDITS);

/** The picture that keys act on; -1 for none. */
export const active = signal(-1);
/** The value when nothing is pointed at. @type {Pointed} */
const NOTHING = { id: -1, section: -1, from: 'gallery' };
/** Picture and cluster under the pointer or with the focus; the other view marks them. */
export const pointed = signal(NOTHING);
/** Whether the gallery is shown beside the map, if there is room. */
export const beside = signal(true);
const ROOM_FOR_BOTH = matchMedia('(min-width: 900px)');
const roomForBoth = signal(ROOM_FOR_BOTH.matches);
ROOM_FOR_BOTH.addEventListener('change', () => { roomForBoth.value = ROOM_FOR_BOTH.matches; });
/** Whether the large view shows facts. */
export const withFacts = signal(true);
/** The picture in the large view; -1 for none. */
export const openedPicture = signal(-1);
/** @type {import('../vendor/signals.js').Signal<OpenCluster | null>} */
export const openedCluster = signal(null);
/**
 * The latest request to scroll the gallery to a picture; a new object each time.
 * @type {import('../vendor/signals.js').Signal<{id: number, toTop: boolean, focus: boolean} | null>}
 */
export const wanted = signal(null);
/** @type {import('../vendor/signals.js').Signal<DialogName>} */
export const dialog = signal(null);
/** Visible pictures of the gallery, top to bottom. @type {import('../vendor/signals.js').Signal<readonly number[]>} */
export const inSight = signal([]);
/** First picture that is completely visible, which a deep link leads back to. */
export const anchor = signal(-1);
/** Incremented when the server has a better map. */
export const mapVersion = signal(0);
/** Pictures being compared. @type {import('../vendor/signals.js').Signal<readonly number[]>} */
export const compared = signal([]);
/** A short message at the foot of the page; `act` is what its button does. @type {import('../vendor/signals.js').Signal<{text: string, act: NoticeAct | null} | null>} */
export const notice = signal(null);

/** Whether map and gallery are shown side by side. */
export const isSplit = computed(() => view.value === 'map' && beside.value && roomForBoth.value);
/** Whether the view of copies is shown, in which nothing else of the collection can be pointed at. */
export const inCopies = computed(() => view.value === 'copies');
/** Whether the view of trips is shown, in which no cluster and no picture can be pointed at. */
export const inTrips = computed(() => view.value === 'trips');
export const readOnly = computed(() => server.value?.read_only ?? true);
/** Numbers for the slider and the title. */
export const counts = computed(() => {
  const a = arrangement.value;
  const n = collection.value?.n ?? 0;
  const nClusters = a ? a.k - (a.hasSingles ? 1 : 0) : 0;
  return { n, nClusters, nGrouped: a?.nGrouped ?? 0, nSingle: a?.hasSingles ? a.to[a.k - 1] - a.from[a.k - 1] : 0 };
});

/** Scrolls the gallery to a picture and gives it the focus. @param {number} id */
export function focusPicture(id) {
  active.value = id;
  wanted.value = { id, toTop: false, focus: true };
}

/** Scrolls the gallery to a picture. @param {number} id */
export const scrollToPicture = (id) => { wanted.value = { id, toTop: true, focus: false }; };

/** Sets what the pointer or the focus is at. @param {number} id @param {number} section @param {Pointed['from']} from */
export function pointAt(id, section, from) {
  const now = pointed.peek();
  if (now.id === id && now.section === section && now.from === from) return;
  pointed.value = id < 0 && section < 0 ? NOTHING : { id, section, from };
}

/** Shows a short message at the foot of the page. @param {string} text @param {NoticeAct | null} [act] */
export const notify = (text, act = null) => { notice.value = { text, act }; };
