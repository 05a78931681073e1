/** Texts: readable numbers, sizes and times, and matching of names with typed words. */

const number = new Intl.NumberFormat('en');
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const moment = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: 'UTC',
});

/** 12,345 @param {number} value */
export const numberText = (value) => number.format(value);

/** "1 picture", "12 pictures" @param {number} count @param {string} noun @param {string} [several] */
export const countText = (count, noun, several = `${noun}s`) => `${numberText(count)} ${count === 1 ? noun : several}`;

/** 0.62, without trailing zeros. @param {number} sim */
export const simText = (sim) => sim.toFixed(3).replace(/0$/, '');

/** A text without accents, in lower case, to compare typed words with names. @param {string} text */
const folded = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether a name contains every word of a text. @param {string} name @param {string} text */
export function isNamed(name, text) {
  const words = folded(text).split(/\s+/).filter(Boolean), within = folded(name);
  return words.length > 0 && words.every((word) => within.includes(word));
}

/** @param {number} seconds since 1970 */
export const dayText = (seconds) => day.format(new Date(seconds * 1000));

/** @param {number} seconds since 1970 */
export const momentText = (seconds) => moment.format(new Date(seconds * 1000));

/** First and last day; empty if no time is known. @param {number} from @param {number} to */
export function spanText(from, to) {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return '';
  return day.formatRange(new Date(from * 1000), new Date(to * 1000));
}

/** Dates and times of trips, as the browser's user writes them; the clock is that of the place. */
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit', timeZone: 'UTC' });
const ofMonth = new Intl.DateTimeFormat(undefined, { month: 'short', timeZone: 'UTC' });
const wholeMonth = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** "3–7 Mar 2025" @param {number} from @param {number} to in seconds */
export const datesText = (from, to) => date.formatRange(new Date(from * 1000), new Date(to * 1000));

/** "Mon, 3 Mar, 10:00 – 10:12" @param {number} from @param {number} to in seconds */
export const clockText = (from, to) => clock.formatRange(new Date(from * 1000), new Date(to * 1000));

/** "+7 h 30 min" @param {number} seconds */
export function lengthText(seconds) {
  const minutes = Math.round(Math.abs(seconds) / 60), days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
  const parts = [[days, 'd'], [hours, 'h'], [minutes % 60, 'min']].filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`);
  return `${seconds < 0 ? '−' : '+'}${parts.join(' ') || '0 min'}`;
}

/** "Mar" @param {number} seconds */
export const monthText = (seconds) => ofMonth.format(new Date(seconds * 1000));

/** "March 2025" @param {number} seconds */
export const wholeMonthText = (seconds) => wholeMonth.format(new Date(seconds * 1000));

/** 2.4 MB @param {number} bytes */
export function bytesText(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let step = 0;
  while (bytes >= 1000 && step < 3) {
    bytes /= 1000;
    step++;
  }
  return `${step && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[step]}`;
}
