/** The charts of the collapse panel: values by rank, and histograms of cosines. */
import { number } from '../src/format.js';
import type { HistogramChart, PageData, ProfileChart } from '../src/page-data.js';
import { axis, base, type Chart, type Option, placeOf, startChart } from './chart.js';
import { walkByKeys } from './curves.js';
import { element, mark } from './dom.js';
import { color, paletteColor } from './theme.js';

/** Draws them all. */
export function drawProfiles({ profiles, histograms, runs }: PageData): Chart[] {
  // all histograms over the same cosines: from the least that occurs
  const firsts = histograms.map(({ positives, negatives }) => positives.findIndex((share, bin) => share > 0 || negatives[bin]! > 0) / positives.length);
  const least = Math.floor(10 * (2 * Math.min(1, ...firsts) - 1)) / 10;
  return [...profiles.map((each) => [each.id, () => profileOption(each, runs)] as const), ...histograms.map((each) => [each.id, () => histogramOption(each, least)] as const)].flatMap(
    ([id, option]) => {
      const place = placeOf(id);
      if (place === undefined) return [];
      const chart = startChart(place, option);
      walkByKeys(chart);
      return [chart];
    },
  );
}

const named = (name: string, gap: number): Option => ({ name, nameLocation: 'middle', nameGap: gap, nameTextStyle: { color: color('soft'), fontSize: 11 } });

function profileOption({ horizontal, vertical, logarithmic, series }: ProfileChart, runs: readonly string[]): Option {
  return {
    ...base(),
    grid: { left: 22, right: 12, top: 12, bottom: 22, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: axis('x', number, { min: 1, max: 'dataMax', ...named(horizontal, 24) }),
    yAxis: axis('y', number, { ...(logarithmic ? { type: 'log' } : { scale: false }), ...named(vertical, 44) }),
    series: series.map(({ run, values }) => ({
      id: `main:${run}`,
      type: 'line',
      data: values.map((value, i) => [i + 1, value]),
      showSymbol: false,
      itemStyle: { color: paletteColor(run % 8) },
      lineStyle: { width: 2, color: paletteColor(run % 8) },
      emphasis: { disabled: true },
    })),
    tooltip: {
      ...(base()['tooltip'] as Option),
      trigger: 'axis',
      formatter: (under: { seriesId: string; value: [number, number] }[]) =>
        element(
          'div',
          { class: 'tip' },
          element('p', {}, `${horizontal} ${under[0]?.value[0] ?? ''}`),
          element('table', {}, ...under.map(({ seriesId, value }) => element('tr', {}, element('td', {}, mark(Number(seriesId.slice(5))), runs[Number(seriesId.slice(5))]!), element('td', {}, number(value[1]))))),
        ),
    },
  };
}

/** Two distributions in one frame, told apart by colour, line and name. */
function histogramOption({ positives, negatives }: HistogramChart, least: number): Option {
  const bins = positives.length;
  const middle = (bin: number): number => -1 + (2 * (bin + 0.5)) / bins;
  const series = (id: string, shares: readonly number[], tint: string, type: 'solid' | 'dashed'): Option => ({
    id: `main:${id}`,
    type: 'line',
    step: 'middle',
    data: shares.map((share, bin) => [middle(bin), share]),
    showSymbol: false,
    itemStyle: { color: tint },
    lineStyle: { color: tint, width: 1.5, type },
    areaStyle: { color: tint, opacity: 0.22 },
    emphasis: { disabled: true },
    endLabel: { show: false },
  });
  const highest = Math.max(...positives, ...negatives);
  const peak = (shares: readonly number[]): number => shares.indexOf(Math.max(...shares));
  const label = (text: string, shares: readonly number[], tint: string): Option => ({
    type: 'scatter',
    silent: true,
    symbolSize: 0.01,
    data: [[middle(peak(shares)), Math.max(...shares)]],
    label: { show: true, formatter: text, position: Math.max(...shares) < highest / 2 ? 'top' : middle(peak(shares)) > least + 0.7 * (1 - least) ? 'left' : 'right', distance: 7, color: tint, fontSize: 12, fontWeight: 600 },
    tooltip: { show: false },
  });
  const [near, far] = [color('accent'), color('other')];
  return {
    ...base(),
    grid: { left: 22, right: 12, top: 12, bottom: 22, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: axis('x', number, { min: least, max: 1, ...named('cosine', 24) }),
    yAxis: axis('y', (value) => `${number(100 * value)} %`, { scale: false, ...named('share of pairs', 44) }),
    series: [series('negative', negatives, far, 'dashed'), series('positive', positives, near, 'solid'), label('positive', positives, near), label('negative', negatives, far)],
    tooltip: {
      ...(base()['tooltip'] as Option),
      trigger: 'axis',
      formatter: (under: { seriesId: string; value: [number, number] }[]) => {
        const lines = under.filter(({ seriesId }) => seriesId.startsWith('main:'));
        const from = (lines[0]?.value[0] ?? 0) - 1 / bins;
        return element(
          'div',
          { class: 'tip' },
          element('p', {}, `cosine ${from.toFixed(2)} to ${(from + 2 / bins).toFixed(2)}`),
          element('table', {}, ...lines.map(({ seriesId, value }) => element('tr', {}, element('td', {}, `${seriesId.slice(5)} pairs`), element('td', {}, `${(100 * value[1]).toFixed(1)} %`)))),
        );
      },
    },
  };
}
