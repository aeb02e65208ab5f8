/** Settings side by side, and what the runs were computed with. */
import { type Html, html } from '../html.js';
import { type PageContext, runName, type Section } from '../page-context.js';
import { settingLines, type SettingLine } from '../settings-table.js';

export const settings: Section = {
  id: 'settings',
  title: 'Settings',
  render(context) {
    const { runs } = context.data;
    const lines = settingLines(runs.map(({ settings: of }) => of));
    const environments = settingLines(runs.map(({ environment }) => environment ?? {}));
    const several = runs.length > 1;
    const differing = lines.filter(({ differs }) => differs);
    return html`${several && html`<h3>What differs</h3>${table(context, differing, 'Settings that differ')}`}<details class="more" ${several ? undefined : 'open'}><summary>All settings</summary>${table(context, lines, 'All settings')}</details><h3>Environment</h3>${
      environments.length === 0 ? html`<p class="note">Runs write <code>environment.json</code> when they start; here there is none.</p>` : table(context, environments, 'Environment')
    }`;
  },
};

const table = ({ data: { runs } }: PageContext, lines: readonly SettingLine[], label: string): Html => html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="settings"><thead class="${runs.length === 1 && 'unseen'}"><tr><th scope="col">Name</th>${runs.map(
  (_, run) => html`<th scope="col">${runName(runs, run)}</th>`,
)}</tr></thead><tbody>${lines.map(
  ({ path, values, differs }) =>
    html`<tr class="${differs && 'differs'}"><th scope="row">${path}${differs && html`<span class="unseen"> (differs)</span>`}</th>${values.map((value) => html`<td class="${value === undefined && 'none'}">${value ?? '–'}</td>`)}</tr>`,
)}</tbody></table></div>`;

