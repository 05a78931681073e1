/** The clusters of one collection: the dendrogram is cut, corrections are applied, and the result is arranged. Pure. */
import { isNamed } from '../core/text.js';
import { Arranger } from './arrange.js';
import { cutRuns, emptyRuns } from './cut.js';
import { replay, runOf } from './replay.js';
import { heightOf } from './scale.js';

/**
 * How a collection is cut and arranged.
 * @typedef {{sim: number, minSize: number, sort: import('./arrange.js').SortKey, branches: readonly import('./cut.js').Branch[],
 *   corrections: import('./replay.js').Corrections}} View
 */

/** The current clusters; memory is kept from one cut to the next. */
export class Clustering {
  /** @param {import('./collection.js').Collection} collection */
  constructor(collection) {
    this.collection = collection;
    this.arranger = new Arranger(collection);
    this.runs = emptyRuns(collection.n);
    this.minSize = 1;
    this.sort = /** @type {import('./arrange.js').SortKey} */ ('size');
    /** the cut after corrections; null if there are none */
    this.replayed = /** @type {import('./replay.js').Replayed | null} */ (null);
    /** sections of this cut, once requested */
    this.known = /** @type {import('./arrange.js').Arrangement | null} */ (null);
    /** the part of it that is open, once requested */
    this.within = /** @type {{ids: readonly number[], sections: import('./arrange.js').Arrangement} | null} */ (null);
  }

  /** Cuts anew. @param {View} view */
  update({ sim, minSize, sort, branches, corrections }) {
    const { collection, runs } = this;
    cutRuns(collection.gap, heightOf(collection.scale, sim), branches, runs);
    this.replayed = corrections.edits.length || corrections.gone?.length ? replay(runs, corrections, collection) : null;
    this.minSize = minSize;
    this.sort = sort;
    this.known = null;
    this.within = null;
  }

  /** Sections of all clusters. */
  get sections() {
    this.known ??= this.arranger.ofRuns(this.runs, this.minSize, this.sort, this.replayed);
    return this.known;
  }

  /** Sections of the same clusters with some pictures only: what a trip or an event has of each. @param {readonly number[]} ids */
  sectionsWithin(ids) {
    if (this.within?.ids !== ids) this.within = { ids, sections: this.arranger.within(this.sections, ids, this.minSize, this.sort) };
    return this.within.sections;
  }

  /** One section, of the results of a search that are not hidden. @param {readonly number[]} ids @param {string} label */
  sectionOfResults(ids, label) {
    const { position, n } = this.collection;
    const hidden = this.replayed?.hidden ?? [], gone = new Set(hidden);
    const positions = ids.filter((id) => id < n).map((id) => position[id]);
    return this.arranger.ofResults(positions.filter((p) => !gone.has(p)), label, hidden);
  }

  /** Start and end of the run that contains a position. @param {number} position @returns {[number, number]} */
  runAt(position) {
    const run = runOf(this.runs, position);
    return [this.runs.starts[run], this.runs.starts[run + 1]];
  }

  /** Pictures of the clusters whose name contains every word of a text. @param {string} text @returns {number[]} */
  idsOfClustersNamed(text) {
    if (!this.replayed) return [];
    const { starts } = this.runs, { groups, names } = this.replayed;
    const positions = groups.filter(({ name }) => isNamed(name, text)).flatMap(({ members }) => members);
    for (const [run, name] of names) {
      if (isNamed(name, text)) for (let p = starts[run]; p < starts[run + 1]; p++) positions.push(p);
    }
    return positions.map((p) => this.collection.order[p]);
  }
}
