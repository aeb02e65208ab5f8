/**
 * The picture of a report in the README: its top in light colours, its images in dark ones, side by side.
 *
 *   npm run kindred -- report runs/a runs/b --out runs/report.html
 *   node --conditions=@kindred/source --import tsx tools/screenshot-report.ts runs/report.html docs/images/report.png
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { chromium } from 'playwright';
import sharp from 'sharp';

const [report, out = 'docs/images/report.png'] = process.argv.slice(2);
if (report === undefined) throw new Error('usage: screenshot-report.ts <report.html> [docs/images/report.png]');

/** A panel's size, in pixels of the page. */
const [width, height] = [1040, 1400];
const gap = 24;

const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
async function panel(colorScheme: 'light' | 'dark', from: string): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(`file://${resolve(report!)}`);
  await page.addStyleTag({ content: ':focus-visible { outline: none }' });
  await page.evaluate(`scrollTo({ top: document.querySelector('${from}').getBoundingClientRect().top + scrollY, behavior: 'instant' })`);
  await page.waitForTimeout(300);
  const map = page.locator('[data-chart="map:0"]');
  if (from === '#map' && (await map.count()) > 0) {
    // the image of a point, as on hover
    await map.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
    await page.waitForTimeout(300);
  }
  const corner = Buffer.from(`<svg width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="14"/></svg>`);
  return sharp(await page.screenshot()).composite([{ input: corner, blend: 'dest-in' }]).png().toBuffer();
}

try {
  const [left, right] = [await panel('light', 'body'), await panel('dark', '#map')];
  mkdirSync(dirname(out), { recursive: true });
  const both = await sharp({ create: { width: 2 * width + gap, height, channels: 4, background: '#0000' } })
    .composite([{ input: left, left: 0, top: 0 }, { input: right, left: width + gap, top: 0 }])
    .png()
    .toBuffer();
  await sharp(both).resize({ width: 1600 }).png({ palette: true, colours: 200, effort: 10 }).toFile(out);
  console.log(`${out}, ${Math.round(statSync(out).size / 1000)} KB`);
} finally {
  await browser.close();
}
