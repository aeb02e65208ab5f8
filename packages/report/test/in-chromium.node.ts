/** The page as a person has it: opened from a file in a browser. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ReportData, reportPage, type ReportRun } from '../src/index.js';
import { map, mapWithoutClasses, metrics, reportOf, settings, wholeRun } from './support/sample-runs.js';

// the system's, as for the tests of `npm run test:browser`: nothing is downloaded
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const present = existsSync(executablePath);

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'kindred-report-'));
beforeAll(async () => {
  if (present) browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run'] });
}, 60_000);
afterAll(() => browser?.close());

let open: Page | undefined;
afterEach(async () => {
  await open?.context().close();
  open = undefined;
});

interface Opened {
  readonly page: Page;
  /** What was asked for beside the file, and what was said on the console or thrown. */
  readonly requests: string[];
  readonly said: string[];
}

let files = 0;
/** Writes a page and opens it. Whatever it asks for is counted and refused. */
async function openPage(data: ReportData, { width = 1280, scheme = 'light' }: { width?: number; scheme?: 'light' | 'dark' } = {}): Promise<Opened> {
  const file = join(folder, `${files++}.html`);
  writeFileSync(file, reportPage(data));
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme });
  const [requests, said]: string[][] = [[], []];
  await context.route('**/*', (route) => {
    if (route.request().url() === `file://${file}`) return route.continue();
    requests!.push(route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  open = page;
  page.on('console', (message) => said!.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said!.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    said!.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`file://${file}`);
  // the script draws before the page has loaded
  expect(await page.locator('[data-chart]:not(:has(svg, canvas))').count()).toBe(0);
  return { page, requests: requests!, said: said! };
}

const chartOf = (page: Page, id: string): ReturnType<Page['locator']> => page.locator(`[data-chart="${id}"]`);

/** Where the map has the colour of its first class: places on the page, and how many pixels. */
async function bluePixels(page: Page): Promise<{ count: number; x: number; y: number }> {
  const place = chartOf(page, 'map:0');
  await place.scrollIntoViewIfNeeded();
  const { count, x, y } = await place.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data, width } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    const found: number[] = [];
    for (let at = 0; at < data.length; at += 4) if (data[at]! < 70 && data[at + 2]! > 150 && data[at + 3]! > 200) found.push(at / 4);
    const middle = found[Math.floor(found.length / 2)] ?? 0;
    return { count: found.length, x: middle % width, y: Math.floor(middle / width) };
  });
  const box = (await place.boundingBox())!;
  return { count, x: box.x + x + 0.5, y: box.y + y + 0.5 };
}

/** Puts the pointer on an image of the first class. */
async function pointAtImage(page: Page): Promise<ReturnType<Page['locator']>> {
  const { x, y } = await bluePixels(page);
  await page.mouse.move(x, y);
  const tip = page.locator('#map .tip');
  await expect.poll(() => tip.isVisible()).toBe(true);
  return tip;
}

const overflow = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe.skipIf(!present)(`in ${present ? 'Chromium' : `Chromium, which is not at ${executablePath}: name it in CHROMIUM`}`, { timeout: 60_000 }, () => {
  const one = (): Promise<ReportData> => reportOf(wholeRun('nnclr-1'));
  const three = (): Promise<ReportData> => reportOf(wholeRun('nnclr-1', 1), wholeRun('nnclr-2', 2), wholeRun('simclr-1', 1, 'simclr'));
  const bare: ReportRun = { name: 'bare', settings: settings('bare', 1), metrics: metrics(20) };

  test.each([
    ['one run', one],
    ['three runs', three],
    ['a run without any file but its metrics', () => reportOf(bare)],
    ['a run without metrics', () => reportOf({ ...bare, metrics: [] })],
    ['50,000 steps', () => reportOf({ ...wholeRun('long'), metrics: metrics(50_000) })],
    ['images without classes', () => reportOf({ ...wholeRun('unlabelled'), map: mapWithoutClasses() })],
  ] as const)('%s: draws all charts, asks for nothing, says nothing, and fits 360 pixels', async (_, data) => {
    const { page, requests, said } = await openPage(await data());
    expect(requests).toEqual([]);
    expect(said).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForTimeout(100);
    expect(await overflow(page)).toBe(0);
    for (const chart of await page.locator('[data-chart]').all()) expect((await chart.boundingBox())!.width).toBeLessThanOrEqual(360);
    expect(said).toEqual([]);
  });

  test('names that are code do nothing', async () => {
    const evil = `</script><script>alert('x')</script><img src=x onerror=alert(1)>`;
    const run = { ...wholeRun(evil), map: { ...map(), classes: [evil, evil, evil] }, monitor: [{ step: 1, epoch: 0, values: { [evil]: 1 } }] };
    const { page, requests, said } = await openPage(await reportOf(run));
    expect(await (await pointAtImage(page)).textContent()).toContain('<img src=x');
    expect([requests, said]).toEqual([[], []]);
    expect(await page.locator('img').count()).toBe(0);
  });

  test('the pointer on a point of the map shows its image, a click its neighbours', async () => {
    const { page } = await openPage(await one());
    const tip = await pointAtImage(page);
    const shown = /image (\d+)/.exec((await tip.textContent())!)![1];
    const tile = tip.locator('.tile');
    expect(await tile.evaluate((element) => getComputedStyle(element).backgroundImage.slice(0, 20))).toBe('url("data:image/png;');
    expect((await tile.boundingBox())!.width).toBe(84);
    await page.mouse.down();
    await page.mouse.up();
    const card = page.locator('[data-card]');
    await expect.poll(() => card.textContent()).toContain(`image ${shown}`);
    expect(await card.locator('.found .tile').count()).toBe(10);
    expect(await card.locator('.marked.other').count()).toBe(1);
  });

  test('the same goes by keys: arrows to the next image, Enter for its neighbours', async () => {
    const { page } = await openPage(await one());
    await chartOf(page, 'map:0').focus();
    await page.keyboard.press('ArrowRight');
    const tip = page.locator('#map .tip');
    await expect.poll(() => tip.isVisible()).toBe(true);
    const shown = /image (\d+)/.exec((await tip.textContent())!)![1];
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('[data-card]').textContent()).toContain(`image ${shown}`);
  });

  test('a class that is chosen away is pale and has no name; none and all work', async () => {
    const { page } = await openPage(await one());
    const blue = async (): Promise<number> => (await bluePixels(page)).count;
    const { x, y, count } = await bluePixels(page);
    expect(count).toBeGreaterThan(100);
    const chip = page.locator('[data-class="0"]');
    expect(await chip.getAttribute('aria-pressed')).toBe('true');
    await chip.click();
    expect(await chip.getAttribute('aria-pressed')).toBe('false');
    await expect.poll(blue).toBe(0);
    await page.mouse.move(x, y);
    await page.waitForTimeout(100);
    expect(await page.locator('#map .tip').count()).toBe(0);
    await page.getByRole('button', { name: 'none', exact: true }).click();
    expect(await page.locator('[data-class][aria-pressed=true]').count()).toBe(0);
    await page.getByRole('button', { name: 'all', exact: true }).click();
    await expect.poll(blue).toBe(count);
  });

  test('the legend takes a run out of every chart and puts it back', async () => {
    const { page } = await openPage(await three());
    const lines = (): Promise<number> =>
      chartOf(page, 'curve:monitor.knn').locator('svg').evaluate((svg) => [...svg.querySelectorAll('path')].filter((path) => path.getAttribute('fill') === 'none' && path.getAttribute('stroke-width') === '2').length);
    expect(await lines()).toBe(3);
    await page.locator('[data-run="1"]').click();
    expect(await page.locator('[data-run="1"]').getAttribute('aria-pressed')).toBe('false');
    await expect.poll(lines).toBe(2);
    await page.locator('[data-run="1"]').press('Enter');
    await expect.poll(lines).toBe(3);
  });

  test('a curve tells its values under the pointer, smoothed and as they were', async () => {
    const { page, said } = await openPage(await three());
    const place = chartOf(page, 'curve:metrics.loss');
    await place.scrollIntoViewIfNeeded();
    const box = (await place.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const tip = place.locator('.tip');
    await expect.poll(() => tip.locator('tr').count()).toBe(3);
    expect(await tip.locator('tr').first().textContent()).toMatch(/^nnclr-1\d\.\d+\d\.\d+$/);
    await page.locator('[data-smoothing]').fill('0');
    await page.locator('[data-axis]').selectOption('epochs');
    await page.mouse.move(box.x + box.width / 2 + 3, box.y + box.height / 2);
    await expect.poll(() => tip.textContent()).toMatch(/^2(\.\d+)? epochs, step 15\dnnclr-1\d\.\d+nnclr-2/);
    expect(said).toEqual([]);
  });

  test('tabs show a run at a time', async () => {
    const { page } = await openPage(await three());
    const panels = page.locator('#neighbors [role=tabpanel]');
    expect(await panels.evaluateAll((all) => all.map((panel) => (panel as HTMLElement).hidden))).toEqual([false, true, true]);
    await page.locator('#neighbors [role=tab]').first().press('ArrowRight');
    expect(await panels.evaluateAll((all) => all.map((panel) => (panel as HTMLElement).hidden))).toEqual([true, false, true]);
    expect(await page.locator('#neighbors [role=tab][aria-selected=true]').textContent()).toBe('nnclr-2');
  });

  test.each(['light', 'dark'] as const)('all text stands out from its ground by 4.5 to 1 at least, %s', async (scheme) => {
    const { page } = await openPage(await three(), { scheme });
    expect(await worstContrast(page)).toMatchObject({ ratio: expect.toSatisfy((ratio: number) => ratio >= 4.5) });
  });

  test('the theme follows the system until it is set', async () => {
    const { page } = await openPage(await one(), { scheme: 'dark' });
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    const button = page.locator('[data-theme-switch]');
    await button.click();
    expect(await button.textContent()).toBe('theme: light');
    expect(await ground()).not.toBe(dark);
    await button.click();
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await ground()).toBe(dark);
    await button.click();
    expect(await ground()).not.toBe(dark);
  });

  test('every control is reached by the Tab key', async () => {
    const { page } = await openPage(await three());
    const wanted = await page.locator('button:not([tabindex="-1"]), a, input, select, summary, [tabindex="0"]').count();
    const reached = new Set<string>();
    for (let i = 0; i < wanted + 5; i++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => {
        const all = [...document.querySelectorAll('*')];
        return `${all.indexOf(document.activeElement!)}`;
      }));
    }
    expect(reached.size).toBeGreaterThanOrEqual(wanted);
  });

  test('prints in light colours, all tabs, no controls', async () => {
    const { page, said } = await openPage(await three(), { scheme: 'dark' });
    const pdf = await page.pdf({ format: 'A4', path: join(folder, 'page.pdf') });
    expect(pdf.length).toBeGreaterThan(50_000);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('auto');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav, [role=tablist], [data-theme-switch], [data-smoothing]').evaluateAll((all) => all.filter((each) => each.checkVisibility()).length)).toBe(0);
    expect(await page.locator('[role=tabpanel]').evaluateAll((all) => all.filter((each) => !each.checkVisibility()).length)).toBe(0);
    expect(said).toEqual([]);
  });
});

/** The least contrast of a text with the nearest ground behind it, by WCAG 2. */
function worstContrast(page: Page): Promise<{ ratio: number; text: string }> {
  return page.evaluate(() => {
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([r, g, b]: number[]): number => {
      const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r! / 255) + 0.7152 * linear(g! / 255) + 0.0722 * linear(b! / 255);
    };
    const ground = (element: Element | null): number[] => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = channels(getComputedStyle(at).backgroundColor);
        if (color.length === 3 || color[3]! > 0.99) return color;
      }
      return [255, 255, 255];
    };
    let worst = { ratio: 21, text: '' };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement!;
      if (node.textContent!.trim() === '' || element.closest('script, style') !== null || !element.checkVisibility()) continue;
      const svg = element.closest('svg') !== null;
      const color = channels(svg ? getComputedStyle(element).fill : getComputedStyle(element).color);
      const [a, b] = [luminance(color), luminance(ground(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < worst.ratio) worst = { ratio, text: node.textContent!.slice(0, 60) };
    }
    return worst;
  });
}
