/** Buttons, made from the list of commands. */
import { PATHS } from '../core/icons.js';
import { html } from '../core/preact.js';
import * as state from '../state/state.js';
import { canRun, commandOf, has, keyText, runCommand } from './commands.js';

/** An icon. @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name] ?? ''}/></svg>`;
}

/** The button of the message that is shown, if it has one. */
export function NoticeButton() {
  const act = state.notice.value?.act;
  if (!act) return null;
  return html`<button type="button" class="button link" onClick=${act.run}>${act.label}</button>`;
}

/**
 * A button that runs a command. @param {{id: string, icon?: boolean, text?: string, context?: import('./target.js').Context,
 *   kind?: string, pressed?: boolean}} props  `pressed`: for one that switches something on and off
 */
export function CommandButton({ id, icon = false, text, context, kind = '', pressed }) {
  if (!has(id)) return null;
  const command = commandOf(id);
  const label = command.keys.length ? `${command.label} (${keyText(command.keys[0])})` : command.label;
  return html`<button type="button" class=${`button ${icon ? 'round' : ''} ${kind}`} title=${label} data-id=${id}
    aria-pressed=${pressed === undefined ? null : String(pressed)}
    aria-label=${icon ? command.label : null} disabled=${!canRun(id)} onClick=${() => runCommand(id, context)}>
    ${icon ? html`<${Icon} name=${id}/>` : (text ?? command.label)}</button>`;
}
