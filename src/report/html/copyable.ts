/** Commands to copy: visible in full, selected by one click, copied by a button where scripts run. */
import { markup, type Markup } from './markup.js';

export function copyable(label: string, text: string): Markup {
  return markup`<div class="copy"><span>${label}</span><code>${text}</code><button type="button" data-copy aria-label="Copy ${label}">Copy</button></div>`;
}
