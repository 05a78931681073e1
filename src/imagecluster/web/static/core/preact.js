/** The third-party modules, under the names that the page uses for them. */
import htm from '../vendor/htm.js';
import { Fragment, h, render } from '../vendor/preact.js';

export { useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/hooks.js';
export { batch, computed, effect, signal, untracked } from '../vendor/signals.js';
export { Fragment, render };

/** Markup in template strings, bound to Preact. */
export const html = htm.bind(h);
