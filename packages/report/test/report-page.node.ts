import { KindredError } from '@kindred/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ReportData, reportPage, type ReportRun } from '../src/index.js';
import { map, metrics, reportOf, settings, wholeRun } from './support/sample-runs.js';

/** The page without its script and style. */
const body = (data: ReportData): string => reportPage(data).replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '');
const sections = (page: string): string[] => [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id!);
const text = (html: string): string =>
  html.replaceAll(/<[^>]+>/g, ' ').replaceAll('&lt;', '<').replaceAll('&#39;', "'").replaceAll(/\s+/g, ' ');

let whole: ReportData;
beforeAll(async () => {
  whole = await reportOf(wholeRun('nnclr-1', 1), wholeRun('nnclr-2', 2), wholeRun('simclr-1', 1, 'simclr'));
});

describe('a page', () => {
  test('has all sections of a run that has all, and only those it has something for', () => {
    expect(sections(body(whole))).toEqual(['overview', 'curves', 'followed', 'map', 'neighbors', 'positives', 'views', 'collapse', 'settings']);
    const bare: ReportRun = { name: 'bare', settings: { name: 'bare' }, metrics: metrics(3) };
    const page = body({ created: '2026-12-01', version: '0.1.0', runs: [bare] });
    expect(sections(page)).toEqual(['overview', 'curves', 'settings']);
    expect(text(page)).toContain('Accuracies appear once kindred evaluate has measured a run.');
    expect(text(page)).toContain("kNN over time appears where the run's settings have monitor .");
    expect(text(page)).toContain('Runs write environment.json when they start; here there is none.');
  });

  test('asks for nothing: every address is data or a place on the page, and its policy allows no other', () => {
    const page = reportPage(whole);
    const addresses = [...page.replaceAll(/<script>[\s\S]*?<\/script>/g, '').matchAll(/\b(?:src|href|action)="([^"]*)"|url\(([^)]*)\)|@import/g)];
    expect(addresses.length).toBeGreaterThan(5);
    for (const [, attribute, url] of addresses) expect(attribute ?? url).toMatch(/^(#|data:)/);
    expect(/<meta http-equiv[^>]*>/.exec(page)?.[0]).toMatch(/content="default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-/);
  });

  test('is the same for the same data', () => {
    expect(reportPage(whole) === reportPage(structuredClone(whole))).toBe(true);
  });

  test('keeps the licenses of what it holds', () => {
    const page = reportPage(whole);
    for (const text of ['Apache License', 'Apache ECharts', 'Baidu Inc.', 'Microsoft Corporation']) expect(page.includes(text), text).toBe(true);
  });
});

describe('figures', () => {
  test('of runs that differ in their seed are a mean ± the deviation over n − 1, those of one a row of its own', () => {
    const rows = [...body(whole).matchAll(/<tr class="(group|member|alone|baseline)">([\s\S]*?)<\/tr>/g)].map(([, kind, row]) => `${kind}: ${text(row!)}`);
    // kNN of 85 and 86 %: 85.5 ± 0.7; while training 83 and 84 %
    expect(rows.slice(0, 5).map((row) => row.replace(/(\d) [\d.]+ (±\S+ )?[\d,]+ [^ ]*( ±\S+)? .*$/, '$1 ...'))).toMatchInlineSnapshot(`
      [
        "group:  nnclr 2 seeds 85.5 ±0.7 86.0 83.5 ±0.7 ...",
        "member:  nnclr-1 85.0 ±1.0 86.0 83.0 ...",
        "member:  nnclr-2 86.0 ±1.0 86.0 84.0 ...",
        "alone:  simclr-1 85.0 ±1.0 86.0 83.0 ...",
        "baseline:  raw pixels 70.0 ±1.0 72.0 – – – – – ",
      ]
    `);
    expect(rows[0]).toContain('85.5 ±0.7');
  });

  test('of a baseline are told once, however many runs were measured beside it', () => {
    expect(body(whole).match(/raw pixels/g)).toHaveLength(1);
  });

  test('a single run has cards; a table beside them only where there are baselines', () => {
    const page = body({ ...whole, runs: [whole.runs[0]!] });
    expect(page.match(/<dl class="cards">/g)).toHaveLength(1);
    expect(text(page)).toContain('kNN 600 labels 85.0 % ± 1.0');
    const alone = body({ ...whole, runs: [{ name: 'a', settings: {}, metrics: metrics(3) }] });
    expect(alone.includes('class="compare"')).toBe(false);
  });
});

describe('images', () => {
  test('of another class are told by a sign and by words, not by colour alone', () => {
    const page = body(whole);
    expect(page.match(/<span class="marked other">/g)!.length).toBe(page.match(/another class" title="[^"]*another class"><\/span><i aria-hidden="true">✕/g)!.length);
    expect(page).toContain('same class" title=');
  });

  test('of one sheet are stored once, whoever shows them', () => {
    expect(reportPage(whole).split(whole.sheets!['striped']!.url)).toHaveLength(2);
  });

  test('views of runs that draw the same are shown once, others under tabs', () => {
    const views = (page: string): string => /<section id="views"[\s\S]*?<\/section>/.exec(page)![0];
    expect(views(body(whole))).not.toContain('role="tab"');
    const other = { ...whole.runs[2]!, settings: { ...(settings('simclr-1', 1, 'simclr') as object), views: 'simclrCifar' } };
    expect(views(body({ ...whole, runs: [...whole.runs.slice(0, 2), other] })).match(/role="tab"/g)).toHaveLength(2);
  });
});

test("the support set's curves stand beside its images; the pairs on record are drawn only where the set tells nothing of the batch", () => {
  const charts = (page: string, section: string): string[] =>
    [...page.split(`<section id="${section}"`)[1]!.split('<section id="')[0]!.matchAll(/data-chart="([^"]+)"/g)].map(([, id]) => id!);
  const [run] = whole.runs as [ReportRun];
  const told = body({ ...whole, runs: [run] });
  expect(charts(told, 'positives')).toEqual(['curve:metrics.neighborPurity', 'positives:similarity', 'positives:random']);
  expect(charts(told, 'curves')).not.toContain('curve:metrics.neighborPurity');
  const silent = body({ ...whole, runs: [{ ...run, metrics: metrics(30, 1, []) }] });
  expect(charts(silent, 'positives')).toEqual(['positives:sameClass', 'positives:similarity', 'positives:random']);
  const without = { ...run, positives: { shown: [], course: [] } };
  expect(charts(body({ ...whole, runs: [without] }), 'curves')).toContain('curve:metrics.neighborPurity');
});

describe('what a person wrote', () => {
  const evil = `</script><script>alert('x')</script>"'<img src=x onerror=alert(1)>`;

  test('is text wherever it is shown: names, settings, classes, environment, evaluation', async () => {
    const run: ReportRun = {
      ...wholeRun(evil),
      settings: { name: evil, [evil]: evil, method: { name: evil } },
      environment: { cpu: evil, [evil]: 1 },
      evaluation: [{ of: evil, on: evil, figures: [{ key: evil, label: evil, value: 0.5, kind: 'share', better: 'higher' }] }, { figures: [{ key: 'a', label: evil, value: 0.5, kind: 'number' }] }],
      map: { ...map(), classes: [evil, evil, evil], caption: evil },
      notes: [evil],
      metrics: metrics(600, 1, [evil]),
      monitor: [{ step: 1, epoch: 0, values: { [evil]: 1 } }],
    };
    const data = await reportOf(run, { ...wholeRun('plain'), map: { ...map(), classes: [evil] } });
    const page = reportPage(data);
    const clean = reportPage(await reportOf(wholeRun('a'), wholeRun('b')));
    // an element more for each row, but none of the script's or image's kind
    for (const tag of [/<script/g, /<\/script/g, /<img/g]) expect(page.match(tag)?.length, String(tag)).toBe(clean.match(tag)?.length);
    expect(/<[^>"]*(?:"[^"]*"[^>"]*)*\sonerror=/.exec(page)?.[0]).toBeUndefined();
  });

  test('a name cannot leave its attribute', () => {
    const page = body({ ...whole, runs: [{ ...whole.runs[0]!, name: '" onmouseover="alert(1)' }] });
    expect(/<[^>]*" onmouseover="/.exec(page)?.[0]).toBeUndefined();
  });
});

describe('size', () => {
  test('50,000 steps of nine measures cost 0.2 MB', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const base = reportPage({ ...whole, runs: [{ name: 'a', settings: {}, metrics: [] }], sheets: {} }).length;
    const long = reportPage({ ...whole, runs: [{ name: 'a', settings: { batchSize: 64 }, metrics: metrics(50_000, 1, names) }], sheets: {} }).length;
    expect(base).toBeLessThan(650_000);
    expect(long - base).toBeLessThan(200_000);
  });
});

describe('bad input', () => {
  const refused = (data: ReportData): string => {
    try {
      reportPage(data);
    } catch (error) {
      if (KindredError.is(error)) return error.message;
      throw error;
    }
    return 'accepted';
  };

  test('is refused with what to do', () => {
    expect(refused({ ...whole, runs: [] })).toMatchInlineSnapshot(`"reportPage.runs: received [], expected one run or more."`);
    expect(refused({ ...whole, runs: [whole.runs[0]!, whole.runs[0]!] })).toMatchInlineSnapshot(`"reportPage.runs: received "nnclr-1", expected runs of different names. Name one of them by its folder."`);
    expect(refused({ ...whole, sheets: {} })).toMatchInlineSnapshot(`"reportPage.sheets: received [], expected every sheet that a run has images of. striped is missing."`);
    expect(refused({ ...whole, sheets: { striped: { ...whole.sheets!['striped']!, url: 'https://example.org/x.png' } } })).toMatchInlineSnapshot(`"reportPage.sheets.striped.url: received "https://example.org/x.png", expected the data of a webp, png or jpeg in base64."`);
    expect(refused({ ...whole, sheets: { striped: { ...whole.sheets!['striped']!, url: 'data:image/png;base64,x);}body{color:red' } } })).toMatchInlineSnapshot(`"reportPage.sheets.striped.url: received "data:image/png;base64,x);}body{color:red", expected the data of a webp, png or jpeg in base64."`);
  });
});

test('neighbours over time show the same images early, midway and late, with how many are of the class', async () => {
  const page = reportPage(await reportOf(wholeRun('followed')));
  const section = page.slice(page.indexOf('<section id="followed"'), page.indexOf('<section id="map"'));
  const text = section.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
  expect(text).toMatch(/Before training kNN 50(\.0)? % 3 of 12 of the class Step 150 epoch 2 kNN 66(\.0)? % .* of 12 of the class Step 300 epoch 4 kNN 82(\.0)? % 12 of 12 of the class/);
  expect(section.match(/<tr><th scope="row">/g)).toHaveLength(3);
});
