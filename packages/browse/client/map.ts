/** The map: every image is a point. Dragging or the arrow keys move it, the wheel or plus and minus zoom it. */
import type { Content } from './content.js';
import { byData } from './dom.js';

export interface PlaneMap {
  draw(): void;
  choose(row: number): void;
  /** Fades all other points; undefined shows all points alike. */
  highlight(rows: Int32Array | undefined): void;
}

export function mapOf({ data, map: places }: Content, onOpen: (row: number) => void): PlaneMap {
  if (places === undefined) return { draw: () => undefined, choose: () => undefined, highlight: () => undefined };
  const figure = byData('map-figure');
  figure.hidden = false;
  byData('map-caption').textContent = data.map!;
  const canvas = byData<HTMLCanvasElement>('map');
  const pen = canvas.getContext('2d')!;
  let [zoom, middleX, middleY] = [0.94, 0.5, 0.5];
  let chosen = 0;
  let bright: Set<number> | undefined;

  const toScreen = (row: number): [number, number] => {
    const side = Math.min(canvas.width, canvas.height) * zoom;
    return [(places[2 * row]! - middleX) * side + canvas.width / 2, (places[2 * row + 1]! - middleY) * side + canvas.height / 2];
  };
  const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  /** The colours of the current theme; an element is needed to resolve `light-dark()`. */
  function palette(): string[] {
    const probe = document.createElement('span');
    document.body.append(probe);
    const found = ['ink', ...Array.from({ length: 10 }, (_, i) => `c${i}`)].map((name) => {
      probe.style.color = color(name).trim() === '' ? '' : `var(--${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return found;
  }
  let colors = palette();

  function paint(): void {
    const ratio = devicePixelRatio;
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    const size = Math.max(1, Math.min(5, (0.6 * Math.sqrt(zoom) * Math.min(canvas.width, canvas.height)) / Math.sqrt(data.names.length))) * ratio * 0.6;
    for (const pass of bright === undefined ? ['all'] : ['pale', 'bright']) {
      pen.globalAlpha = pass === 'pale' ? 0.12 : 0.8;
      for (let row = 0; row < data.names.length; row++) {
        if (bright !== undefined && bright.has(row) !== (pass === 'bright')) continue;
        const [x, y] = toScreen(row);
        if (x < -size || y < -size || x > canvas.width + size || y > canvas.height + size) continue;
        pen.fillStyle = colors[1 + (Math.max(0, data.labels?.[row] ?? 0) % 10)]!;
        pen.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }
    pen.globalAlpha = 1;
    const [x, y] = toScreen(chosen);
    pen.strokeStyle = colors[0]!;
    pen.lineWidth = 2 * ratio;
    pen.beginPath();
    pen.arc(x, y, 7 * ratio, 0, 2 * Math.PI);
    pen.stroke();
    if (document.activeElement === canvas) {
      pen.lineWidth = ratio;
      pen.beginPath();
      pen.moveTo(canvas.width / 2 - 8 * ratio, canvas.height / 2);
      pen.lineTo(canvas.width / 2 + 8 * ratio, canvas.height / 2);
      pen.moveTo(canvas.width / 2, canvas.height / 2 - 8 * ratio);
      pen.lineTo(canvas.width / 2, canvas.height / 2 + 8 * ratio);
      pen.stroke();
    }
  }
  let waiting = false;
  const soon = (): void => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  };

  /** The image nearest to a point of the canvas, at most 20 pixels away unless `anyway`. */
  function nearest(x: number, y: number, anyway = false): number | undefined {
    let [best, least] = [-1, anyway ? Infinity : (20 * devicePixelRatio) ** 2];
    for (let row = 0; row < data.names.length; row++) {
      const [px, py] = toScreen(row);
      const gap = (px - x) ** 2 + (py - y) ** 2;
      if (gap < least) [best, least] = [row, gap];
    }
    return best < 0 ? undefined : best;
  }
  const move = (x: number, y: number): void => {
    const side = Math.min(canvas.width, canvas.height) * zoom;
    [middleX, middleY] = [middleX - x / side, middleY - y / side];
    soon();
  };
  const zoomBy = (factor: number): void => {
    zoom = Math.min(80, Math.max(0.5, zoom * factor));
    soon();
  };

  let drag: { x: number; y: number; moved: boolean } | undefined;
  canvas.addEventListener('pointerdown', (event) => {
    drag = { x: event.offsetX, y: event.offsetY, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (drag === undefined) return;
    const [x, y] = [event.offsetX - drag.x, event.offsetY - drag.y];
    if (!drag.moved && Math.hypot(x, y) < 4) return;
    drag = { x: event.offsetX, y: event.offsetY, moved: true };
    move(x * devicePixelRatio, y * devicePixelRatio);
  });
  canvas.addEventListener('pointerup', (event) => {
    const click = drag !== undefined && !drag.moved;
    drag = undefined;
    const found = click ? nearest(event.offsetX * devicePixelRatio, event.offsetY * devicePixelRatio) : undefined;
    if (found !== undefined) onOpen(found);
  });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 400));
  }, { passive: false });
  canvas.addEventListener('keydown', (event) => {
    const step = 0.1 * Math.min(canvas.width, canvas.height);
    const moves: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key] !== undefined) move(...moves[event.key]!);
    else if (event.key === '+' || event.key === '=') zoomBy(1.3);
    else if (event.key === '-') zoomBy(1 / 1.3);
    else if (event.key === 'Enter') onOpen(nearest(canvas.width / 2, canvas.height / 2, true)!);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener('focus', soon);
  canvas.addEventListener('blur', soon);
  new ResizeObserver(soon).observe(canvas);

  return {
    draw() {
      colors = palette();
      soon();
    },
    choose(row) {
      chosen = row;
      soon();
    },
    highlight(rows) {
      bright = rows === undefined ? undefined : new Set(rows);
      soon();
    },
  };
}
