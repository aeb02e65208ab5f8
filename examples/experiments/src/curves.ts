/** What runs measured while they trained, as a picture: accuracy, and how many neighbours were of the image's class, over epochs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { meanAndDeviation } from '@kindred/evaluation';
import type { MonitorLine } from '@kindred/runs';
import { readMetrics, readStepLog } from '@kindred/training/node';
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** A line of points [epoch, %]. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [epoch: number, percent: number])[];
}

/** The two curves of a row: means over its runs. */
export interface RowCurves {
  readonly accuracy: Curve;
  /** Without points for methods that look for no neighbours. */
  readonly purity: Curve;
}

/** @param paths The runs of one row. */
export async function curvesOf(label: string, paths: readonly string[]): Promise<RowCurves> {
  const accuracies: (readonly [number, number])[][] = [];
  const purities: (readonly [number, number])[][] = [];
  for (const path of paths) {
    const metrics = await readMetrics(path);
    const perEpoch = metrics.filter(({ epoch }) => epoch === 0).length;
    const lines = existsSync(join(path, 'monitor.jsonl')) ? await readStepLog<MonitorLine>(join(path, 'monitor.jsonl')) : [];
    accuracies.push(lines.flatMap(({ step, values: { knn } }) => (knn === undefined ? [] : [[step / perEpoch, 100 * knn] as const])));
    const byEpoch = new Map<number, number[]>();
    for (const { epoch, diagnostics: { neighborPurity: share } } of metrics) {
      if (share === undefined) continue;
      const shares = byEpoch.get(epoch) ?? [];
      byEpoch.set(epoch, shares);
      shares.push(100 * share);
    }
    purities.push([...byEpoch].map(([epoch, shares]) => [epoch + 0.5, mean(shares)] as const));
  }
  return { accuracy: { label, points: meanOf(accuracies) }, purity: { label, points: meanOf(purities) } };
}

const mean = (values: readonly number[]): number => meanAndDeviation(values).mean;

/** Runs of a row measure at the same epochs; those that are not all there yet end early. */
function meanOf(runs: readonly (readonly (readonly [number, number])[])[]): Curve['points'] {
  const shortest = Math.min(...runs.map(({ length }) => length));
  return Array.from({ length: shortest }, (_, i) => [runs[0]![i]![0], mean(runs.map((points) => points[i]![1]))] as const);
}

const size = { width: 900, height: 380 };
const colors = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#ff7f0e', '#8c564b'];

/** Both panels side by side, as SVG on white, for pages that are read on any ground. */
export function drawCurves(rows: readonly RowCurves[]): string {
  const panels = [
    { title: 'kNN on training images set aside, %', curves: rows.map(({ accuracy }) => accuracy) },
    { title: "neighbours of the image's class, %", curves: rows.map(({ purity }) => purity) },
  ].filter(({ curves }) => curves.some(({ points }) => points.length > 0));
  const epochs = Math.ceil(Math.max(1, ...panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(([epoch]) => epoch)))));
  const wide = (size.width - 40) / panels.length;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: colors,
    legend: { bottom: 0, itemGap: 28, data: rows.map(({ accuracy }) => accuracy.label) },
    title: panels.map(({ title }, i) => ({ text: title, left: 40 + i * wide, top: 8, textStyle: { fontSize: 14 } })),
    grid: panels.map((_, i) => ({ left: 50 + i * wide, width: wide - 60, top: 40, bottom: 70 })),
    xAxis: panels.map((_, i) => ({ type: 'value', gridIndex: i, name: 'epoch', nameLocation: 'middle', nameGap: 26, min: 0, max: epochs })),
    yAxis: panels.map((_, i) => ({ type: 'value', gridIndex: i, scale: true })),
    series: panels.flatMap(({ curves }, i) =>
      curves.map(({ label, points }, row) => ({ type: 'line', name: label, xAxisIndex: i, yAxisIndex: i, showSymbol: false, itemStyle: { color: colors[row % colors.length] }, data: points.map(([x, y]) => [x, y]) })),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
