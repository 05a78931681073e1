/** The trips and events of one collection, as the server found them. */

/**
 * @typedef {import('../core/wire.js').EventFacts} EventFacts
 * @typedef {import('../core/wire.js').TripFacts} TripFacts
 * @typedef {{key: string, index: number, facts: TripFacts, events: readonly Event[], ids: readonly number[]}} Trip
 * @typedef {{key: string, index: number, facts: EventFacts, trip: Trip}} Event  `index` among all events
 * @typedef {{start_s: number, year: number, month: number, count: number, days: {day: number, count: number, event: Event}[], event: Event}} Month
 * `event`: the first one of the month, or of the day
 */

/** Trips of one version. */
export class Trips {
  /** @param {string} snapshot @param {import('../core/wire.js').Trips} answer */
  constructor(snapshot, answer) {
    this.snapshot = snapshot;
    this.version = answer.search.version;
    this.undated = answer.undated;
    this.clocks = answer.clocks;
    /** @type {Event[]} */
    this.events = [];
    /** @type {readonly Trip[]} */
    this.trips = answer.trips.map((facts, index) => {
      /** @type {Event[]} */
      const events = [];
      const trip = { key: `t${facts.events[0].ids[0]}`, index, facts, events, ids: facts.events.flatMap(({ ids }) => ids) };
      for (const each of facts.events) {
        events.push({ key: `e${each.ids[0]}`, index: this.events.length, facts: each, trip });
        this.events.push(events[events.length - 1]);
      }
      return trip;
    });
    /** @type {Map<number, Event>} */
    this.eventOfId = new Map(this.events.flatMap((event) => event.facts.ids.map((id) => [id, event])));
  }

  /** The event that holds a picture. @param {number} id */
  eventOf(id) { return this.eventOfId.get(id); }

  /** Whether home is known, at least for a part of the time. */
  get knowsHome() { return this.trips.some(({ facts }) => facts.kind !== 'period'); }

  /** Months in order of time, with their days: an event counts on the day on which it began. @returns {Month[]} */
  get months() {
    /** @type {Map<number, Month>} */
    const months = new Map();
    for (const event of this.events) {
      const start = new Date(event.facts.start_s * 1000), count = event.facts.ids.length;
      const year = start.getUTCFullYear(), month = start.getUTCMonth(), day = start.getUTCDate();
      const known = months.get(year * 12 + month) ?? { start_s: event.facts.start_s, year, month, count: 0, days: [], event };
      months.set(year * 12 + month, known);
      known.count += count;
      const same = known.days.find((each) => each.day === day);
      if (same) same.count += count;
      else known.days.push({ day, count, event });
    }
    const sorted = [...months.values()].sort((a, b) => a.year * 12 + a.month - b.year * 12 - b.month);
    for (const { days } of sorted) days.sort((a, b) => a.day - b.day);
    return sorted;
  }
}
