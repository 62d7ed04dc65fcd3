/**
 * HTML and SVG as text. Everything that is put into a template is escaped, unless it is `Markup` itself: no text of a
 * capture or a database (paths, addresses, sentences) can become a tag, an attribute or a script.
 */
import { printable } from '../plain.js';

/** Text that is markup already. Made by `markup` alone. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | null | undefined | false | readonly Content[];

/** A template of HTML or SVG; null, undefined and false are left out, lists are joined. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = strings[0] ?? '';
  values.forEach((value, i) => (text += markupOf(value) + (strings[i + 1] ?? '')));
  return new Markup(text);
}

function markupOf(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escaped(content);
  if (typeof content === 'number') return String(content);
  return content.map(markupOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe between tags and in quoted attributes; characters that act on the text around them are spelled out. */
export function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
