/** Commands for the file of a picture: show it in the file manager, copy its path. */
import { postReveal } from '../data/api.js';
import * as state from '../state/state.js';
import { pictureOf } from './target.js';

/** @typedef {import('./target.js').Context} Context */

/** @param {Context} context */
export async function reveal(context) {
  try {
    await postReveal({ snapshot: state.collectionNow().snapshot, id: pictureOf(context) });
  } catch (error) {
    state.notify(error instanceof Error ? error.message : String(error));
  }
}

/** @param {Context} context */
export async function copyPath(context) {
  const id = pictureOf(context), { names } = state.collectionNow();
  await names.fetch([id]);
  const path = names.pathOf(id);
  try {
    await navigator.clipboard.writeText(path);
    state.notify(`Copied: ${path}`);
  } catch {
    state.notify(`The browser did not allow copying. The path is ${path}`);
  }
}
