/** A gallery as a person has it: opened from a file in a browser. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GalleryData, galleryPage } from '../src/index.js';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const present = existsSync(executablePath);
const folder = mkdtempSync(join(tmpdir(), 'kindred-gallery-'));

async function gallery(names: readonly string[], groups = 2): Promise<GalleryData> {
  const png = await sharp({ create: { width: 80, height: 80, channels: 3, background: '#357' } }).png().toBuffer();
  return {
    title: 'Near-duplicates',
    lead: 'Two groups.',
    created: '2026-11-27T00:00:00Z',
    version: '0.1.0',
    groups: Array.from({ length: groups }, (_, g) => ({
      title: `Group ${g + 1}`,
      images: names.map((name, i) => ({ tile: i === 1 ? undefined : i % 25, name: `${g}/${name}`, note: `0.9${i % 10}` })),
    })),
    sheet: { url: `data:image/png;base64,${png.toString('base64')}`, tile: [16, 16], columns: 5, count: 25 },
  };
}

test('refuses a tile that is not there, and a sheet from elsewhere', async () => {
  const data = await gallery(['a.jpg']);
  expect(() => galleryPage({ ...data, groups: [{ title: '', images: [{ tile: 25, name: 'b.jpg' }] }] })).toThrow(/tiles of 0\.\.24.*b\.jpg/);
  expect(() => galleryPage({ ...data, sheet: { ...data.sheet, url: 'https://example.org/a.png' } })).toThrow(/galleryPage\.sheet\.url/);
});

describe.skipIf(!present)('in Chromium', { timeout: 30_000 }, () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run'] })), 60_000);
  afterAll(() => browser?.close());

  let files = 0;
  async function open(data: GalleryData, options: { width?: number; scheme?: 'light' | 'dark' } = {}): Promise<{ page: Page; said: string[] }> {
    const file = join(folder, `${files++}.html`);
    writeFileSync(file, galleryPage(data));
    const context = await browser.newContext({ viewport: { width: options.width ?? 1280, height: 800 }, colorScheme: options.scheme ?? 'light' });
    const said: string[] = [];
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => request.url().startsWith('data:') || request.url() === `file://${file}` || said.push(request.url()));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => said.push('dialog')));
    await page.goto(`file://${file}`);
    return { page, said };
  }

  test('asks for nothing, fits 360 pixels, and names that are code are text', async () => {
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>.jpg`;
    const { page, said } = await open(await gallery([evil, 'broken.jpg', 'c.jpg']), { width: 360 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(await page.locator('.thumb').first().getAttribute('data-name')).toBe(`0/${evil}`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.missing').count()).toBe(2);
    expect(said).toEqual([]);
  });

  test('goes by keys: Tab to the images, arrows among them, Enter chooses; the list holds the names', async () => {
    const { page } = await open(await gallery(Array.from({ length: 40 }, (_, i) => `${i}.jpg`)));
    await page.locator('.thumb').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    const below = await page.evaluate(() => {
      const [top, at] = [document.querySelectorAll('.thumb')[1]!.getBoundingClientRect(), document.activeElement!.getBoundingClientRect()];
      return { rows: Math.round((at.top - top.top) / top.height), shift: at.left - top.left };
    });
    expect(below).toEqual({ rows: 1, shift: 0 });
    await page.keyboard.press('End');
    await page.keyboard.press('Space');
    expect(await page.locator('[data-chosen]').textContent()).toBe('2 chosen');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-save]').click()]);
    expect(readFileSync(await download.path(), 'utf8')).toBe('0/1.jpg\n1/39.jpg\n');
    await page.locator('[data-clear]').click();
    expect(await page.locator('.thumb[aria-pressed=true]').count()).toBe(0);
    // one image is in the order of Tab, whatever their number
    expect(await page.locator('.thumb[tabindex="0"], .thumb:not([tabindex])').count()).toBe(1);
  });

  test('is dark where the system is, until the theme is switched', async () => {
    const { page } = await open(await gallery(['a.jpg']), { scheme: 'dark' });
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe('rgb(19, 19, 18)');
    await page.locator('[data-theme-switch]').click();
    expect(await ground()).toBe('rgb(253, 253, 252)');
  });
});
