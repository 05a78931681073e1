/** The state of the view of copies: what is found, what of it is shown, and what is to be removed. */
import { batch, computed, signal } from '../core/preact.js';
import { APART, SURE } from '../data/duplicates.js';

/**
 * @typedef {import('../data/duplicates.js').Duplicates} Duplicates
 * @typedef {import('../data/duplicates.js').Head} Head
 * @typedef {import('../data/duplicates.js').CopyKind} CopyKind
 * @typedef {{group: string, id: number}} Spot  a picture in a group
 * @typedef {'side' | 'blend' | 'difference'} PairMode
 */

/** @type {import('../vendor/signals.js').Signal<Duplicates | null>} */
export const found = signal(null);
/** The search, and how it ended. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').DuplicatesNews | null>} */
export const search = signal(null);
/** The action on files in progress. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').ActingNews>} */
export const acting = signal({});
/** The kind that is shown; all that are proposed for removal if `null`. @type {import('../vendor/signals.js').Signal<CopyKind | null>} */
export const kind = signal(null);
/** Proposed files that stay all the same, by id. @type {import('../vendor/signals.js').Signal<ReadonlyMap<number, {group: string, kind: CopyKind, bytes: number}>>} */
export const spared = signal(new Map());
/** Groups about which the user has just decided, until the server has grouped anew. @type {import('../vendor/signals.js').Signal<ReadonlySet<string>>} */
export const leaving = signal(new Set());
/** The picture that keys act on. @type {import('../vendor/signals.js').Signal<Spot | null>} */
export const at = signal(null);
/** The latest request to scroll to that picture; a new object each time. @type {import('../vendor/signals.js').Signal<{focus: boolean} | null>} */
export const wanted = signal(null);
/** The picture that is compared with the one that is kept. @type {import('../vendor/signals.js').Signal<Spot | null>} */
export const pair = signal(null);
/** @type {import('../vendor/signals.js').Signal<PairMode>} */
export const pairMode = signal('side');
/** The plan that is previewed. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').PlanFacts | null>} */
export const plan = signal(null);
/** Whether the files that stay get what the removed ones know. */
export const carriesOver = signal(false);
/** Which file of each group is kept. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').KeepingRules>} */
export const rules = signal({ keep: '', references: [] });
/** Whether a plan is on its way. */
export const planning = signal(false);
/** What became of it. @type {import('../vendor/signals.js').Signal<import('../core/wire.js').Outcome | null>} */
export const outcome = signal(null);
/** The latest actions, newest first. @type {import('../vendor/signals.js').Signal<readonly import('../core/wire.js').ActionFacts[]>} */
export const actions = signal([]);

/** Kinds that are shown. */
const shownKinds = computed(() => (kind.value === null ? SURE : [kind.value]));

/** The groups that are shown. */
export const shown = computed(() => {
  const kinds = shownKinds.value, gone = leaving.value;
  return (found.value?.heads ?? []).filter((head) => kinds.includes(head.kind) && !gone.has(head.id));
});

/** Number of groups of each kind. */
export const counts = computed(() => {
  /** @type {Map<CopyKind, number>} */
  const by = new Map();
  for (const head of found.value?.heads ?? []) if (!leaving.value.has(head.id)) by.set(head.kind, (by.get(head.kind) ?? 0) + 1);
  return by;
});

/** Groups, proposed files and their bytes, in all. */
export const totals = computed(() => {
  let nGroups = 0, nFiles = 0, bytes = 0;
  for (const head of found.value?.heads ?? []) {
    if (!SURE.includes(head.kind) || leaving.value.has(head.id)) continue;
    nGroups++;
    nFiles += head.nGoing;
    bytes += head.bytes;
  }
  return { nGroups, nFiles, bytes };
});

/** What the plan removes: the proposed files of the groups that are shown, without spared ones. */
export const going = computed(() => {
  let nFiles = 0, bytes = 0, nSpared = 0;
  for (const head of shown.value) {
    nFiles += head.nGoing;
    bytes += head.bytes;
  }
  const kinds = shownKinds.value;
  for (const file of spared.value.values()) {
    if (!kinds.includes(file.kind) || leaving.value.has(file.group)) continue;
    nSpared++;
    bytes -= file.bytes;
  }
  return { kinds: kinds.filter((each) => !APART.includes(each)), nFiles: Math.max(0, nFiles - nSpared), bytes: Math.max(0, bytes), nSpared };
});

/** A group with its files, if it is known. @param {string} id */
export function groupOf(id) {
  void found.value?.details.arrived.value;
  return found.value?.group(id);
}

/** Takes over another version. @param {Duplicates} next @param {boolean} isLast whether it is for all decisions so far */
export function setFound(next, isLast) {
  const ids = new Set(next.heads.map(({ id }) => id));
  batch(() => {
    found.value = next;
    if (isLast) leaving.value = new Set();
    if ([...spared.peek().values()].some(({ group }) => !ids.has(group))) {
      spared.value = new Map([...spared.peek()].filter(([, { group }]) => ids.has(group)));
    }
  });
}

/** Forgets everything: there is another collection, in which ids mean other pictures. */
export function forget() {
  found.value = null;
  search.value = null;
  spared.value = new Map();
  leaving.value = new Set();
  at.value = null;
  pair.value = null;
  plan.value = null;
  outcome.value = null;
}
