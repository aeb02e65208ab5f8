/** ECharts with the parts that the page uses, and what all its charts have in common. */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';
import { color, fontFamily } from './theme.js';

use([BarChart, LineChart, ScatterChart, GridComponent, TooltipComponent, CanvasRenderer, SVGRenderer]);

/** Options of ECharts. Its own type names every part of the library. */
export type Option = Record<string, unknown>;

/** A chart in its place. */
export interface Chart {
  readonly element: HTMLElement;
  readonly charts: ECharts;
  /** Draws with what holds now: colours, choices. */
  draw(): void;
}

/** The place of a chart on the page. */
export const placeOf = (id: string): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>('[data-chart]')].find((element) => element.dataset['chart'] === id);

/** Starts a chart; it follows its place's size. */
export function startChart(element: HTMLElement, option: () => Option, renderer: 'svg' | 'canvas' = 'svg'): Chart {
  const charts = init(element, undefined, { renderer });
  new ResizeObserver(() => charts.resize()).observe(element);
  const draw = (): void => {
    charts.setOption(option(), { notMerge: true, silent: true });
  };
  draw();
  return { element, charts, draw };
}

/** What every chart begins with. */
export function base(): Option {
  return {
    animation: false,
    textStyle: { fontFamily: fontFamily(), color: color('soft') },
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      confine: true,
      transitionDuration: 0,
      backgroundColor: color('panel'),
      borderColor: color('line'),
      borderWidth: 1,
      padding: [8, 11],
      textStyle: { color: color('ink') },
      extraCssText: 'box-shadow:0 4px 18px #0002;border-radius:8px;',
    },
  };
}

/** An axis of numbers. */
export function axis(along: 'x' | 'y', format: (value: number) => string, more: Option = {}): Option {
  return {
    type: 'value',
    scale: along === 'y',
    axisLine: { show: along === 'x', lineStyle: { color: color('line') } },
    axisTick: { show: false },
    splitNumber: along === 'y' ? 4 : 5,
    splitLine: { show: along === 'y', lineStyle: { color: color('grid') } },
    axisLabel: { color: color('soft'), fontSize: 11, hideOverlap: true, formatter: format },
    axisPointer: { label: { show: false }, lineStyle: { color: color('soft'), type: 'solid', width: 1 } },
    ...more,
  };
}
