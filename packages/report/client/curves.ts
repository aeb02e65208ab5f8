/** Curves over training: a line a run, smoothed on wish, the value under the pointer. */
import type { Clock, Points } from '../src/curves.js';
import { number } from '../src/format.js';
import type { CurveChart, PageData } from '../src/page-data.js';
import { axis, base, type Chart, type Option, placeOf, startChart } from './chart.js';
import { element, mark } from './dom.js';
import { paletteColor } from './theme.js';

interface Choices {
  axis: 'steps' | 'epochs' | 'hours';
  /** Weight of what was before, 0..1. */
  smoothing: number;
  readonly hidden: Set<number>;
}

const dashes = ['solid', 'dashed', 'dotted'] as const;

/** Draws all curves and makes the controls above them work. */
export function drawCurves({ curves, clocks, runs }: PageData): Chart[] {
  const choices: Choices = { axis: 'steps', smoothing: 0.6, hidden: new Set() };
  const charts = curves.flatMap((curve) => {
    const place = placeOf(curve.id);
    if (place === undefined) return [];
    const chart = startChart(place, () => optionOf(curve, clocks, runs, choices));
    walkByKeys(chart);
    return [chart];
  });
  control(choices, () => charts.forEach(({ draw }) => draw()));
  return charts;
}

function optionOf({ unit, noisy, series }: CurveChart, clocks: readonly Clock[], runs: readonly string[], choices: Choices): Option {
  const show = unit === 'share' ? (value: number) => `${number(100 * value)} %` : number;
  const { smoothing, hidden } = choices;
  const lines = series.filter(({ run }) => !hidden.has(run)).flatMap(({ run, points, means }) => {
    const smooth = noisy && smoothing > 0 && points.steps.length > 10;
    const style = { color: paletteColor(run % 8), type: dashes[Math.floor(run / 8) % 3] };
    const line = (id: string, of: Points, width: number, opacity: number): Option => ({
      id,
      type: 'line',
      data: of.steps.map((step, i) => [along(clocks[run]!, step, choices.axis), of.values[i], step]),
      showSymbol: of.steps.length < 25,
      symbol: 'circle',
      symbolSize: 5,
      itemStyle: { color: style.color, opacity },
      lineStyle: { ...style, width, opacity },
      emphasis: { disabled: true },
    });
    if (!smooth) return [line(`main:${run}`, points, noisy ? 1.3 : 2, 1)];
    return [
      { ...line(`each:${run}`, points, 1, 0.22), silent: true, z: 1 },
      { ...line(`main:${run}`, smoothed(means ?? points, smoothing), 2, 1), showSymbol: false },
    ];
  });
  return {
    ...base(),
    xAxis: axis('x', number, { min: 'dataMin', max: 'dataMax' }),
    // no share is above all
    yAxis: axis('y', show, unit === 'share' ? { max: ({ max }: { max: number }) => (max > 0.8 || max === 0 ? 1 : null) } : {}),
    series: lines,
    tooltip: { ...(base()['tooltip'] as Option), trigger: 'axis', formatter: (under: Under[]) => tip(under, runs, choices, show) },
  };
}

interface Under {
  readonly seriesId: string;
  readonly value: readonly [at: number, value: number, step: number];
}

function tip(under: readonly Under[], runs: readonly string[], choices: Choices, show: (value: number) => string): HTMLElement {
  const main = under.filter(({ seriesId }) => seriesId.startsWith('main:'));
  const rows = main.map(({ seriesId, value: [, value] }) => {
    const run = Number(seriesId.slice(5));
    const raw = under.find((each) => each.seriesId === `each:${run}`)?.value[1];
    return element('tr', {}, element('td', {}, mark(run), runs[run]!), element('td', {}, show(value)), element('td', {}, raw === undefined ? '' : show(raw)));
  });
  const first = main[0]?.value;
  const where = first === undefined ? '' : choices.axis === 'steps' ? `step ${number(first[0])}` : `${number(first[0])} ${choices.axis}, step ${number(first[2])}`;
  const head = element('p', {}, where, main.length < under.length ? ' · smoothed, then as it was' : '');
  return element('div', { class: 'tip' }, head, element('table', {}, ...rows));
}

/** A step on another scale: between the clock's marks by a straight line. */
function along(clock: Clock, step: number, scale: Choices['axis']): number {
  const marks = scale === 'steps' ? undefined : clock[scale];
  if (marks === undefined) return step;
  const after = clock.steps.findIndex((each) => each >= step);
  if (after <= 0) return marks[after === 0 ? 0 : marks.length - 1] ?? step;
  const [s0, s1, m0, m1] = [clock.steps[after - 1]!, clock.steps[after]!, marks[after - 1]!, marks[after]!];
  return m0 + ((m1 - m0) * (step - s0)) / (s1 - s0);
}

/** Exponential moving average, without the pull of its start towards 0. */
function smoothed({ steps, values }: Points, weight: number): Points {
  let [average, sum] = [0, 0];
  const smooth = values.map((value) => {
    average = weight * average + (1 - weight) * value;
    sum = weight * sum + (1 - weight);
    return average / sum;
  });
  return { steps, values: smooth };
}

function control(choices: Choices, redraw: () => void): void {
  const bar = document.querySelector('[data-controls=curves]');
  if (bar === null) return;
  for (const chip of bar.querySelectorAll<HTMLButtonElement>('[data-run]')) {
    chip.addEventListener('click', () => {
      const run = Number(chip.dataset['run']);
      if (!choices.hidden.delete(run)) choices.hidden.add(run);
      chip.setAttribute('aria-pressed', `${!choices.hidden.has(run)}`);
      redraw();
    });
  }
  const [slider, shown, select] = [bar.querySelector('input')!, bar.querySelector('output')!, bar.querySelector('select')!];
  const read = (): void => {
    choices.smoothing = Number(slider.value);
    choices.axis = select.value as Choices['axis'];
    shown.textContent = choices.smoothing.toFixed(2);
  };
  slider.addEventListener('input', () => (read(), redraw()));
  select.addEventListener('change', () => (read(), redraw()));
  read(); // a browser keeps what was chosen before the page was loaded again
  redraw();
}

/** Left and right move along the line of the first run. */
export function walkByKeys({ element: place, charts }: Chart): void {
  let at = -1;
  place.addEventListener('keydown', (event) => {
    const forward = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.key === 'Escape') charts.dispatchAction({ type: 'hideTip' });
    if (forward === 0) return;
    event.preventDefault();
    const series = (charts.getOption()['series'] ?? []) as { readonly id: string; readonly data: readonly unknown[] }[];
    const seriesIndex = Math.max(0, series.findIndex(({ id }) => id.startsWith('main:')));
    const length = series[seriesIndex]?.data.length ?? 0;
    if (length === 0) return;
    const stride = Math.max(1, Math.floor(length / 60));
    at = Math.min(length - 1, Math.max(0, at + forward * stride));
    charts.dispatchAction({ type: 'showTip', seriesIndex, dataIndex: at });
  });
  place.addEventListener('blur', () => charts.dispatchAction({ type: 'hideTip' }));
}
