/**
 * Repeats corrections on the clusters of a cut, in the same way as the command line (imagecluster/corrections/replay.py).
 * Pure. Pictures of equal content are corrected together, so corrections refer to contents, and only two kinds to files.
 *
 * Labels of clusters: c for run c of the cut; from runs.k on for clusters that corrections have made.
 */

/**
 * @typedef {import('../core/wire.js').Corrections} Corrections
 * @typedef {{members: number[], name: string, byHand: boolean}} Group  positions, ascending
 * @typedef {{touched: Set<number>, groups: Group[], names: Map<number, string>, hidden: number[]}} Replayed
 *   `touched`: runs that the groups replace; `names` of other runs; `hidden`: positions, ascending
 */

/** No corrections. @type {Corrections} */
export const NO_CORRECTIONS = { contents: [], edits: [] };

/** The run that contains a position. @param {import('./cut.js').Runs} runs @param {number} position */
export function runOf(runs, position) {
  let low = 0, high = runs.k - 1;
  while (low < high) {
    const mid = (low + high + 1) >>> 1;
    if (runs.starts[mid] <= position) low = mid;
    else high = mid - 1;
  }
  return low;
}

/**
 * Clusters of a cut after corrections.
 * @param {import('./cut.js').Runs} runs @param {Corrections} corrections
 * @param {{order: Uint32Array, position: Uint32Array}} collection @returns {Replayed}
 */
export function replay(runs, corrections, collection) {
  const board = new Board(runs, corrections, collection);
  for (const edit of corrections.edits) board.make(edit);
  return board.outcome();
}

/** Clusters while corrections are applied to them. */
class Board {
  /** @param {import('./cut.js').Runs} runs @param {Corrections} corrections @param {{order: Uint32Array, position: Uint32Array}} collection */
  constructor(runs, corrections, collection) {
    this.runs = runs;
    this.contents = corrections.contents;
    this.collection = collection;
    /** label by id, of the pictures that corrections refer to */
    this.labels = /** @type {Map<number, number>} */ (new Map());
    this.content = /** @type {Map<number, number>} */ (new Map());
    corrections.contents.forEach((ids, content) => {
      for (const id of ids) {
        this.labels.set(id, runOf(runs, collection.position[id]));
        this.content.set(id, content);
      }
    });
    /** pictures whose files were moved away since the latest run */
    this.gone = corrections.gone ?? [];
    for (const id of this.gone) if (!this.labels.has(id)) this.labels.set(id, runOf(runs, collection.position[id]));
    this.home = new Map(this.labels);
    /** sizes that differ from those of the cut */
    this.sizes = /** @type {Map<number, number>} */ (new Map());
    this.end = runs.k;
    /** contents that belong together, by each of them; including absent ones, since they may link two others */
    this.pins = /** @type {Map<number, Set<number>>} */ (new Map());
    this.nameOf = /** @type {Map<number, string>} */ (new Map());
    /** ids */
    this.hidden = /** @type {Set<number>} */ (new Set());
    this.changed = /** @type {Set<number>} */ (new Set());
    this.joined = /** @type {Set<number>} */ (new Set());
  }

  /** @param {import('../core/wire.js').Correction} edit */
  make({ kind, pictures, others = [], name = '', files = [] }) {
    if (kind === 'name') for (const content of pictures) this.nameOf.set(content, name);
    else if (kind === 'together') this.#pin(pictures);
    else if (kind === 'apart') this.#part(pictures, others);
    else if (kind === 'move') this.#move(pictures, others);
    else if (kind === 'hide') for (const id of this.#ids(pictures)) this.hidden.add(id);
    else if (kind === 'unhide') for (const id of this.#ids(pictures)) this.hidden.delete(id);
    else if (kind === 'hidefiles') for (const id of files) this.hidden.add(id);
    else if (kind === 'unhidefiles') for (const id of files) this.hidden.delete(id);
  }

  /** @param {number} label */
  #size(label) {
    const known = this.sizes.get(label);
    if (known !== undefined) return known;
    return label < this.runs.k ? this.runs.starts[label + 1] - this.runs.starts[label] : 0;
  }

  /** Ids of the existing pictures, ascending. @param {Iterable<number>} contents */
  #ids(contents) {
    const ids = [];
    for (const content of contents) ids.push(...this.contents[content]);
    return ids.sort((a, b) => a - b);
  }

  /** Label of most of the ids; among equals that of the largest cluster, then that of the first id. @param {number[]} ids */
  #most(ids) {
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const id of ids) counts.set(this.#label(id), (counts.get(this.#label(id)) ?? 0) + 1);
    let best = -1;
    for (const [label, count] of counts) {
      const more = best < 0 ? 1 : count - /** @type {number} */ (counts.get(best)) || this.#size(label) - this.#size(best);
      if (more > 0) best = label;
    }
    return best;
  }

  /** @param {number} id */
  #label(id) { return /** @type {number} */ (this.labels.get(id)); }

  /** @param {number[]} ids @param {number} label one that does not exist yet makes a new cluster */
  #place(ids, label) {
    if (label === this.end) this.end++;
    for (const id of ids) {
      const old = this.#label(id);
      if (old === label) continue;
      this.sizes.set(old, this.#size(old) - 1);
      this.sizes.set(label, this.#size(label) + 1);
      this.labels.set(id, label);
      this.changed.add(old).add(label);
    }
  }

  /** @param {number[]} pictures */
  #pin(pictures) {
    const group = new Set(pictures);
    for (const content of pictures) for (const other of this.pins.get(content) ?? []) group.add(other);
    for (const content of group) this.pins.set(content, group);
    const ids = this.#ids(group);
    if (ids.length < 2) return;
    const label = this.#most(ids);
    this.#place(ids, label);
    this.joined.add(label);
  }

  /** @param {number[]} pictures @param {number[]} others */
  #part(pictures, others) {
    const away = new Set(others);
    for (const content of pictures) {
      const group = this.pins.get(content);
      const split = new Set([...(group ?? [])].filter((other) => away.has(other)));
      if (!group || !split.size) continue;
      for (const other of split) {
        group.delete(other);
        this.pins.set(other, split);
      }
    }
    const sides = [this.#byLabel(pictures), this.#byLabel(others)];
    const common = [...sides[0].keys()].filter((label) => sides[1].has(label));
    const first = new Map(common.map((label) => [label, this.#firstId(label)]));
    common.sort((a, b) => /** @type {number} */ (first.get(a)) - /** @type {number} */ (first.get(b)));
    for (const label of common) {
      const [one, other] = sides.map((side) => /** @type {Set<number>} */ (side.get(label)));
      const taken = new Set(one.size < other.size ? one : other);
      for (const content of [...taken]) for (const pinned of this.pins.get(content) ?? []) taken.add(pinned);
      this.#place(this.#ids(taken), this.end);
    }
  }

  /** Place of a label in the command line's order: by first picture; new clusters last. @param {number} label */
  #firstId(label) {
    const { runs, collection } = this;
    if (label >= runs.k) return collection.order.length + label;
    let least = Infinity;
    for (let p = runs.starts[label]; p < runs.starts[label + 1]; p++) if (collection.order[p] < least) least = collection.order[p];
    return least;
  }

  /** Existing contents, by cluster. @param {number[]} contents */
  #byLabel(contents) {
    /** @type {Map<number, Set<number>>} */
    const contentsBy = new Map();
    for (const content of contents) {
      for (const id of this.contents[content]) {
        const label = this.#label(id);
        contentsBy.set(label, (contentsBy.get(label) ?? new Set()).add(content));
      }
    }
    return contentsBy;
  }

  /** @param {number[]} pictures @param {number[]} target */
  #move(pictures, target) {
    for (const content of pictures) {
      this.pins.get(content)?.delete(content);
      this.pins.delete(content);
    }
    const moved = new Set(pictures);
    const there = this.#ids(target.filter((content) => !moved.has(content))), ids = this.#ids(pictures);
    if (!there.length || !ids.length) return;
    const label = this.#most(there);
    this.#place(ids, label);
    this.joined.add(label);
  }

  /** @returns {Replayed} */
  outcome() {
    const { runs, collection, changed } = this;
    const hiddenIds = [...new Set([...this.hidden, ...this.gone])].sort((a, b) => a - b);
    for (const id of hiddenIds) changed.add(this.#label(id));
    const hidden = new Set(hiddenIds);
    /** @type {Map<number, number[]>} */
    const came = new Map();
    for (const [id, label] of this.labels) {
      if (label === this.home.get(id) || hidden.has(id)) continue;
      const ids = came.get(label);
      if (ids) ids.push(id);
      else came.set(label, [id]);
    }
    const names = this.#names();
    const byHand = [...this.joined].filter((label) => this.#size(label) > 0);
    /** @type {Group[]} */
    const groups = [];
    const touched = new Set([...changed, ...byHand]);
    for (const label of touched) {
      const members = (came.get(label) ?? []).map((id) => collection.position[id]);
      for (let p = label < runs.k ? runs.starts[label] : 0; p < (label < runs.k ? runs.starts[label + 1] : 0); p++) {
        const id = collection.order[p];
        if ((this.labels.get(id) ?? label) === label && !hidden.has(id)) members.push(p);
      }
      if (members.length) {
        const name = names.get(label) ?? '';
        groups.push({ members: members.sort((a, b) => a - b), name, byHand: name !== '' || byHand.includes(label) });
      }
      names.delete(label);
    }
    const positions = hiddenIds.map((id) => collection.position[id]).sort((a, b) => a - b);
    return { touched, groups, names, hidden: positions };
  }

  /** Each name goes to the cluster with most pictures of that name; a cluster takes the name of most of its pictures. */
  #names() {
    /** @type {Map<string, Map<number, number>>} */
    const counts = new Map();
    const named = [...this.nameOf].filter(([, name]) => name).map(([content]) => content);
    for (const id of this.#ids(named)) {
      if (this.hidden.has(id)) continue;
      const name = /** @type {string} */ (this.nameOf.get(/** @type {number} */ (this.content.get(id))));
      const by = counts.get(name) ?? new Map();
      counts.set(name, by.set(this.#label(id), (by.get(this.#label(id)) ?? 0) + 1));
    }
    /** @type {Map<number, {name: string, count: number}>} */
    const names = new Map();
    for (const name of [...counts.keys()].sort(byCodePoint)) {
      const by = /** @type {Map<number, number>} */ (counts.get(name));
      let best = -1;
      for (const [label, count] of by) {
        const more = best < 0 ? 1 : count - /** @type {number} */ (by.get(best)) || this.#size(label) - this.#size(best);
        if (more > 0) best = label;
      }
      const count = /** @type {number} */ (by.get(best));
      if (count > (names.get(best)?.count ?? 0)) names.set(best, { name, count });
    }
    return new Map([...names].map(([label, { name }]) => [label, name]));
  }
}

/** Order of texts by their characters, as in Python. @param {string} a @param {string} b */
function byCodePoint(a, b) {
  const as = Array.from(a), bs = Array.from(b);
  for (let i = 0; i < as.length && i < bs.length; i++) {
    const more = /** @type {number} */ (as[i].codePointAt(0)) - /** @type {number} */ (bs[i].codePointAt(0));
    if (more) return more;
  }
  return as.length - bs.length;
}
