/** The maps: an image under each point, classes to choose from, a card for the image chosen. */
import type { MapChart, PageData } from '../src/page-data.js';
import { base, type Chart, type Option, placeOf, startChart } from './chart.js';
import { element, tile } from './dom.js';
import { color, paletteColor } from './theme.js';

const symbols = ['circle', 'diamond', 'rect', 'triangle'] as const;

/** Draws all maps; the choice of classes and the card are common to them. */
export function drawMaps({ maps, runs }: PageData): Chart[] {
  const hidden = new Set<number>();
  const drawn = maps.flatMap((map) => {
    const place = placeOf(map.id);
    if (place === undefined) return [];
    const chart = startChart(place, () => optionOf(map, hidden, [place.clientWidth, place.clientHeight]), 'canvas');
    const open = (at: number): void => fillCard(map, at, maps.length > 1 ? runs[map.run]! : undefined);
    chart.charts.on('click', (event) => {
      const value = event.value as readonly number[] | undefined;
      if (value !== undefined && value.length > 2) open(value[2]!);
    });
    walkByKeys(map, hidden, chart, open);
    return [chart];
  });
  if (maps[0] !== undefined) fillCard(maps[0], maps[0].open, maps.length > 1 ? runs[maps[0].run] : undefined);
  control(hidden, () => drawn.forEach(({ draw }) => draw()));
  return drawn;
}

/** Places of images by class, in the order of series: −1 where there are no classes. */
function byClass({ labels, x }: MapChart): [label: number, places: number[]][] {
  const groups = new Map<number, number[]>();
  for (let at = 0; at < x.length; at++) {
    const label = labels?.[at] ?? -1;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [at]);
    else group.push(at);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

function optionOf(map: MapChart, hidden: ReadonlySet<number>, room: readonly [width: number, height: number]): Option {
  const { x, y } = map;
  const groups = byClass(map);
  const size = x.length > 800 ? 6 : 8;
  const ofClass = ([label, places]: [number, number[]]): Option => {
    const away = hidden.has(label);
    const tint = label < 0 ? color('c0') : paletteColor(label);
    return {
      id: `class:${label}`,
      type: 'scatter',
      data: places.map((at) => [x[at], y[at], at]),
      symbol: symbols[label < 0 ? 0 : Math.floor(label / 5) % 4],
      symbolSize: label >= 5 && Math.floor(label / 5) % 4 === 1 ? size + 2 : size,
      itemStyle: { color: away ? color('soft') : tint, opacity: away ? 0.07 : 0.82, borderColor: color('panel'), borderWidth: 0.6 },
      silent: away,
      z: away ? 1 : 2,
      emphasis: { scale: 1.9, itemStyle: { opacity: 1, borderColor: color('ink'), borderWidth: 1.5 } },
    };
  };
  const names = groups.length > 12 ? [] : namePlaces(map, groups.filter(([label]) => label >= 0 && !hidden.has(label)), room);
  const square = { type: 'value', show: false, scale: true };
  return {
    ...base(),
    grid: { left: 14, right: 14, top: 14, bottom: 14 },
    xAxis: { ...square, min: 'dataMin', max: 'dataMax' },
    yAxis: { ...square, min: 'dataMin', max: 'dataMax' },
    series: [
      ...groups.map(ofClass),
      {
        id: 'names',
        type: 'scatter',
        silent: true,
        z: 9,
        symbolSize: 0.01,
        data: names,
        label: { show: true, position: 'inside', fontSize: 12, fontWeight: 600, textBorderColor: color('panel'), textBorderWidth: 3.5 },
        tooltip: { show: false },
      },
    ],
    tooltip: {
      ...(base()['tooltip'] as Option),
      trigger: 'item',
      formatter: ({ value }: { value: readonly number[] }) => {
        const at = value[2]!;
        return element('div', { class: 'tip' }, tile(map.sheet, map.columns, at, describe(map, at)), nameOf(map, map.labels?.[at]), element('br'), `image ${map.sampleIds[at]}`);
      },
    },
  };
}

/** Where the names of classes stand: at an image near the middle of the class, where no other name is. */
function namePlaces(map: MapChart, groups: readonly (readonly [label: number, places: readonly number[]])[], [width, height]: readonly [number, number]): Option[] {
  const { x, y } = map;
  const [pixelsX, pixelsY] = [width / extent(x), height / extent(y)];
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const taken: { at: number; half: number }[] = [];
  return groups.flatMap(([label, places]) => {
    const name = nameOf(map, label);
    const half = 3.6 * name.length;
    const [mx, my] = [median(places.map((at) => x[at]!)), median(places.map((at) => y[at]!))];
    const away = (at: number): number => ((x[at]! - mx) * pixelsX) ** 2 + ((y[at]! - my) * pixelsY) ** 2;
    const free = (at: number): boolean =>
      taken.every((other) => Math.abs(x[at]! - x[other.at]!) * pixelsX > half + other.half + 6 || Math.abs(y[at]! - y[other.at]!) * pixelsY > 17);
    const at = [...places].sort((a, b) => away(a) - away(b)).find(free);
    if (at === undefined) return [];
    taken.push({ at, half });
    return [{ value: [x[at], y[at]], label: { formatter: () => name, color: color('ink') } }];
  });
}

const extent = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) || 1;

const nameOf = ({ classes }: MapChart, label: number | undefined): string => (label === undefined || label < 0 ? '' : (classes[label] ?? `class ${label}`));

const describe = (map: MapChart, at: number): string => [nameOf(map, map.labels?.[at]), `image ${map.sampleIds[at]}`].filter(Boolean).join(', ');

/** Shows an image and its nearest neighbours beside the maps. */
function fillCard(map: MapChart, at: number, run: string | undefined): void {
  const card = document.querySelector('[data-card]');
  if (card === null) return;
  const { labels, neighbors } = map;
  const own = labels?.[at] ?? -1;
  const found = (neighbors?.[at] ?? []).map((other) => {
    const picture = tile(map.sheet, map.columns, other, describe(map, other));
    const its = labels?.[other] ?? -1;
    if (own < 0 || its < 0) return picture;
    const same = own === its;
    return element('span', { class: `marked ${same ? 'same' : 'other'}` }, picture, element('i', { 'aria-hidden': 'true' }, same ? '✓' : '✕'));
  });
  card.replaceChildren(
    tile(map.sheet, map.columns, at, describe(map, at)),
    element('h3', {}, nameOf(map, labels?.[at]) || `Image ${map.sampleIds[at]}`),
    element('p', {}, [`image ${map.sampleIds[at]}`, run].filter(Boolean).join(' · ')),
    ...(found.length === 0 ? [] : [element('div', { class: 'rest' }, element('p', {}, 'Nearest neighbours'), element('div', { class: 'found' }, ...found))]),
  );
}

function control(hidden: Set<number>, redraw: () => void): void {
  const bar = document.querySelector('[data-controls=map]');
  if (bar === null) return;
  const chips = [...bar.querySelectorAll<HTMLButtonElement>('[data-class]')];
  const show = (): void => {
    for (const chip of chips) chip.setAttribute('aria-pressed', `${!hidden.has(Number(chip.dataset['class']))}`);
    redraw();
  };
  for (const chip of chips) {
    chip.addEventListener('click', () => {
      const label = Number(chip.dataset['class']);
      if (!hidden.delete(label)) hidden.add(label);
      show();
    });
  }
  for (const button of bar.querySelectorAll<HTMLButtonElement>('[data-all]')) {
    button.addEventListener('click', () => {
      hidden.clear();
      if (button.dataset['all'] === 'false') chips.forEach((chip) => hidden.add(Number(chip.dataset['class'])));
      show();
    });
  }
}

/** The arrows go to the nearest image in their direction, Enter opens it. */
function walkByKeys(map: MapChart, hidden: ReadonlySet<number>, { element: place, charts }: Chart, open: (at: number) => void): void {
  const directions: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  let here = map.open;
  const show = (): void => {
    const groups = byClass(map);
    const seriesIndex = groups.findIndex(([, places]) => places.includes(here));
    charts.dispatchAction({ type: 'showTip', seriesIndex, dataIndex: groups[seriesIndex]![1].indexOf(here) });
  };
  const [width, height] = [extent(map.x), extent(map.y)];
  place.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') open(here);
    if (event.key === 'Escape') charts.dispatchAction({ type: 'hideTip' });
    const direction = directions[event.key];
    if (event.key !== 'Enter' && event.key !== ' ' && direction === undefined) return;
    event.preventDefault();
    if (direction === undefined) return;
    let [best, at] = [Infinity, here];
    for (let other = 0; other < map.x.length; other++) {
      if (hidden.has(map.labels?.[other] ?? -1)) continue;
      const [dx, dy] = [(map.x[other]! - map.x[here]!) / width, (map.y[other]! - map.y[here]!) / height];
      const forward = dx * direction[0] + dy * direction[1];
      const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
      if (forward <= 0 || aside > forward) continue;
      if (forward + aside < best) [best, at] = [forward + aside, other];
    }
    here = at;
    show();
  });
  place.addEventListener('blur', () => charts.dispatchAction({ type: 'hideTip' }));
}
