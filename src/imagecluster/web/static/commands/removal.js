/** Commands that move files away and back: a plan first, then the action, which the server keeps a journal of. */
import { batch, effect } from '../core/preact.js';
import { bytesText, countText, numberText } from '../core/text.js';
import { ServerError, askActions, postApply, postPlan, postPutBack, postRejectedPlan, postRules } from '../data/api.js';
import * as choices from '../state/choices.js';
import { allSent, dropAction, pushAction, refreshEdits, shownSnapshot } from '../state/history.js';
import * as copies from '../state/duplicates.js';
import * as state from '../state/state.js';
import { loadDuplicates } from './duplicates.js';

/** @typedef {import('../core/wire.js').Outcome} Outcome @typedef {import('../core/wire.js').ActionFacts} ActionFacts */

/** A plan is asked for again so often when the groups keep changing. */
const MOST_TRIES = 5;

/** Whether files may be moved from here. */
export const canAct = () => state.server.value?.can_act ?? false;

/** @param {unknown} error */
const textOf = (error) => (error instanceof Error ? error.message : String(error));

/** Fetches the latest actions. */
export async function loadActions() {
  if (state.server.peek()?.copied) return;
  try {
    copies.actions.value = (await askActions()).actions;
  } catch (error) {
    state.notify(textOf(error));
  }
}

/** The latest action that can be undone. */
export const lastAction = () => copies.actions.value.find(({ can_undo: canUndo }) => canUndo) ?? null;

/** Whether the groups in the page are those that the server found last, and it searches for no others. */
const isSettled = () => {
  const search = copies.search.value;
  return search !== null && !search.running && (search.error !== '' || search.version === copies.found.value?.version);
};

/** Waits until decisions so far, also those of other pages, have had their effect on the groups. */
async function settled() {
  await allSent();
  await loadDuplicates();
  await /** @type {Promise<void>} */ (new Promise((done) => {
    // The copies of another collection have to be asked for anew: nobody waits for those.
    const stop = effect(() => { if (isSettled() || !copies.found.value || !state.online.value) queueMicrotask(() => { stop(); done(); }); });
  }));
}

/** Asks for a plan; other decisions or removed files can change the groups while it is on its way. @returns {Promise<import('../core/wire.js').PlanFacts | null>} `null` if nothing is left to remove */
async function askedPlan() {
  for (let tries = 0; ; tries++) {
    await settled();
    const found = copies.found.peek(), { kinds, nFiles } = copies.going.peek();
    if (!found || !nFiles) return null;
    try {
      return await postPlan({ snapshot: found.snapshot, version: found.version, kinds, spared: [...copies.spared.peek().keys()], carry_over: copies.carriesOver.peek() });
    } catch (error) {
      if (!(error instanceof ServerError && error.status === 410) || copies.search.peek()?.error || tries === MOST_TRIES) throw error;
    }
  }
}

/** Shows what would be removed, once all decisions so far have had their effect. */
export async function preview() {
  if (copies.going.peek().nFiles) await previewOf(askedPlan, () => state.inCopies.peek() && !state.dialog.peek());
}

/** Shows which rejected files would be moved, once all choices so far are kept. */
export async function previewRejected() {
  const ask = async () => {
    await allSent();
    const ids = choices.rejected.peek();
    return ids.length ? postRejectedPlan({ snapshot: shownSnapshot(), ids }) : null;
  };
  await previewOf(ask, () => state.dialog.peek() === 'rejected');
}

/** Shows a plan before anything happens. @param {() => Promise<import('../core/wire.js').PlanFacts | null>} ask @param {() => boolean} isWanted whether the user still waits for it */
async function previewOf(ask, isWanted) {
  if (copies.planning.peek()) return;
  copies.planning.value = true;
  try {
    const plan = await ask();
    if (!isWanted()) return;
    if (!plan) {
      state.notify('There is nothing left to remove.');
      return;
    }
    batch(() => {
      state.notice.value = null;
      copies.plan.value = plan;
      copies.outcome.value = null;
      state.dialog.value = 'plan';
    });
  } catch (error) {
    state.notify(textOf(error));
  } finally {
    copies.planning.value = false;
  }
}

/** Makes the plan that is previewed anew, with or without what the removed files know. @param {boolean} carriesOver @returns {Promise<string>} why it cannot be done; empty if it was */
export async function carryOver(carriesOver) {
  copies.carriesOver.value = carriesOver;
  try {
    const plan = await askedPlan();
    if (plan) copies.plan.value = plan;
    return '';
  } catch (error) {
    return textOf(error);
  }
}

/** Chooses which file of each group is kept, and groups anew. @param {import('../core/wire.js').KeepingRules} rules @returns {Promise<string>} why it cannot be done; empty if it was */
export async function keepBy(rules) {
  try {
    copies.rules.value = await postRules(rules);
    await loadDuplicates();
    return '';
  } catch (error) {
    return textOf(error);
  }
}

/** "Moved 12 files to the trash, 31 MB" @param {Outcome} outcome */
export const outcomeText = (outcome) => (outcome.n_files
  ? `Moved ${countText(outcome.n_files, 'file')} to ${outcome.to}, ${bytesText(outcome.bytes)}` : 'No file was moved');

/** @param {Outcome} outcome */
export const backText = (outcome) => (outcome.n_files
  ? `Put back: ${countText(outcome.n_files, 'file')}` : 'No file was put back') + (outcome.left.length ? `; ${numberText(outcome.left.length)} with a note` : '');

/** What the page shows anew when files were moved. Copies only if somebody has looked at them: else the search would begin. */
const refresh = () => Promise.all([refreshEdits(), copies.search.peek() ? loadDuplicates() : null, loadActions()]);

/** Does what the plan says. @param {string} folder to which the files go; empty for the trash @returns {Promise<string>} why it cannot be done; empty if it was */
export async function act(folder) {
  const plan = copies.plan.peek();
  if (!plan) return '';
  try {
    const outcome = await postApply(folder ? { plan: plan.plan, folder } : { plan: plan.plan });
    copies.outcome.value = outcome;
    if (outcome.number) pushAction(outcome.number, outcomeText(outcome), async () => backText(await sendBack(outcome.number)));
    await refresh();
    return '';
  } catch (error) {
    return textOf(error);
  }
}

/** @param {number} number of an action @returns {Promise<Outcome>} */
async function sendBack(number) {
  const outcome = await postPutBack(number);
  dropAction(number);
  await refresh();
  return outcome;
}

/** Puts back what an action moved. @param {number} number */
export async function putBack(number) {
  try {
    const outcome = await sendBack(number);
    batch(() => {
      copies.outcome.value = null;
      copies.plan.value = null;
      if (state.dialog.peek() === 'plan') state.dialog.value = null;
    });
    const first = outcome.left[0];
    state.notify(backText(outcome) + (first ? `: ${first.name} ${first.reason}` : ''));
  } catch (error) {
    state.notify(textOf(error));
  }
}

/** Puts back what the latest action moved. */
export async function putBackLast() {
  await loadActions();
  const last = lastAction();
  if (last) await putBack(last.number);
  else state.notify('There is nothing to put back.');
}
