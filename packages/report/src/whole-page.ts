/** The frame of a page that is one file. */
// eslint-disable-next-line @nx/enforce-module-boundaries -- no file of src: made when the package is built, see page-assets.config.ts
import type { PageAssets } from '#page-assets';
import { type Html, html, jsonForScript, textOf, trusted } from './html.js';

/** The content of a page. */
export interface WholePage {
  readonly title: string;
  /** What the page is made of beside its content. */
  readonly assets: PageAssets;
  /** Rules beside the style of `assets`: those of its sheets. */
  readonly rules: string;
  /** A link for those who cannot see the top of the page: where it leads, what it says. */
  readonly skip: readonly [id: string, text: string];
  readonly header: Html;
  readonly main: Html;
  /** Before and after what every page says of itself at its end. */
  readonly footer: { readonly before?: string; readonly after?: string };
  /** What the script reads, if it does. */
  readonly data?: unknown;
  /** When it was made, in ISO 8601. */
  readonly created: string;
  /** The version of Kindred that made it. */
  readonly version: string;
}

/** The page as the text of one HTML file. Its content security policy forbids all requests, and all scripts but its own. */
export function wholePage({ title, assets, rules, skip, header, main, footer, data, created, version }: WholePage): string {
  const { script, style, scriptHash } = assets;
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
  return textOf(html`${trusted('<!doctype html>')}
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}
${trusted(rules)}</style>
</head>
<body>
<a class="skip" href="#${skip[0]}">${skip[1]}</a>
${header}
${main}
<footer>${footer.before}Made ${new Date(created).toISOString().slice(0, 16).replace('T', ' ')} UTC by Kindred ${version}. This file is whole: it loads nothing.${footer.after}</footer>
${data !== undefined && html`<script type="application/json" id="data">${jsonForScript(data)}</script>
`}<script>${trusted(script)}</script>
</body>
</html>
`);
}
