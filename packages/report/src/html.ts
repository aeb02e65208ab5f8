/** HTML as a value: whatever is put into a template is text, unless it came from a template. */

const safe = Symbol('html');

/** A piece of HTML, made by `html`. */
export interface Html {
  readonly [safe]: string;
}

/** What a template may contain. `undefined` and `false` show nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as HTML, in content and in quoted attributes. */
export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character]!);

/** A template whose values are escaped; attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return { [safe]: strings.reduce((text, part, i) => `${text}${asHtml(values[i - 1])}${part}`) };
}

/** Text that is already HTML: the page's own script and style. */
export const trusted = (text: string): Html => ({ [safe]: text });

/** Any value as JSON that can stand in a `<script>`: no `<`, so neither a closing tag nor a comment. */
export const jsonForScript = (value: unknown): Html => trusted(JSON.stringify(value).replaceAll('<', '\\u003c'));

/** The text of a piece. */
export const textOf = (piece: Html): string => piece[safe];

function asHtml(value: Content): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  return isList(value) ? value.map(asHtml).join('') : value[safe];
}

const isList = (value: Html | readonly Content[]): value is readonly Content[] => Array.isArray(value);
