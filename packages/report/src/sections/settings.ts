/** Settings side by side, and what the runs were computed with. */
import { type Html, html } from '../html.js';
import { type PageContext, runName, type Section } from '../page-context.js';
import { settingLines, type SettingLine } from '../settings-table.js';

/** They differ between any two runs. */
const times = new Set(['started', 'finished', 'seconds']);

export const settings: Section = {
  id: 'settings',
  title: 'Settings',
  render(context) {
    const { runs } = context.data;
    const lines = settingLines(runs.map(({ settings: of }) => of));
    const environments = settingLines(runs.map(({ environment }) => environment ?? {})).map((line) => (times.has(line.path) ? { ...line, differs: false } : line));
    const several = runs.length > 1;
    const differing = lines.filter(({ differs }) => differs);
    const environment =
      environments.length === 0 ? html`<p class="note">Runs write <code>environment.json</code> when they start; here there is none.</p>` : several ? table(context, environments, 'Environment') : undefined;
    if (!several) return html`${groups([...grouped(lines), ...(environments.length > 0 ? [{ title: 'environment', lines: environments }] : [])])}${environment}`;
    return html`<h3>What differs</h3>${table(context, differing, 'Settings that differ')}<details class="more"><summary>All settings</summary>${table(context, lines, 'All settings')}</details><h3>Environment</h3>${environment}`;
  },
};

/** The settings of one run by topic: `views`, `encoder`, ...; general ones first. */
function grouped(lines: readonly SettingLine[]): { readonly title: string; readonly lines: readonly SettingLine[] }[] {
  const found = new Map<string, SettingLine[]>([['run', []]]);
  for (const line of lines) {
    const [, title = 'run', path = line.path] = /^([^.[]+)[.[](.+)$/.exec(line.path) ?? [];
    found.set(title, [...(found.get(title) ?? []), { ...line, path: path.replace(']', '') }]);
  }
  return [...found].map(([title, of]) => ({ title, lines: of }));
}

const groups = (all: ReturnType<typeof grouped>): Html => html`<div class="columns">${all.map(
  ({ title, lines }) => html`<table class="settings"><caption>${title}</caption><tbody>${lines.map(({ path, values: [value] }) => html`<tr><th scope="row">${path}</th><td>${value}</td></tr>`)}</tbody></table>`,
)}</div>`;

const table = ({ data: { runs } }: PageContext, lines: readonly SettingLine[], label: string): Html => html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="settings"><thead><tr><th scope="col">Name</th>${runs.map(
  (_, run) => html`<th scope="col">${runName(runs, run)}</th>`,
)}</tr></thead><tbody>${lines.map(
  ({ path, values, differs }) =>
    html`<tr class="${differs && 'differs'}"><th scope="row">${path}${differs && html`<span class="unseen"> (differs)</span>`}</th>${values.map((value) => html`<td class="${value === undefined && 'none'}">${value ?? '–'}</td>`)}</tr>`,
)}</tbody></table></div>`;

