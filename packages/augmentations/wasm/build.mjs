/** Makes ../src/pixel-kernels.ts of pixels.ts: `npm run wasm -w @kindred/augmentations`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = new URL('pixels.ts', import.meta.url);
const compiler = 'assemblyscript@0.28.20';
const out = join(mkdtempSync(join(tmpdir(), 'kindred-wasm-')), 'pixels.wasm');
const options = ['--runtime', 'stub', '--noAssert', '-O3', '--converge', '--enable', 'simd', '--use', 'abort=', '--outFile', out];
const { status } = spawnSync('npx', ['--yes', '-p', compiler, 'asc', source.pathname, ...options], { stdio: 'inherit' });
if (status !== 0) process.exit(1);

const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
const text = readFileSync(out).toString('base64').replaceAll(/.{1,112}/g, "\n  '$&' +").slice(0, -2);
writeFileSync(
  new URL('../src/pixel-kernels.ts', import.meta.url),
  `/** The kernels of wasm/pixels.ts, compiled by ${compiler}: \`npm run wasm\`. Not to be edited. */

/** SHA-256 of wasm/pixels.ts as it was compiled. */
export const sourceHash = '${hash}';

/** The module, as base64. */
export const kernels =${text};
`,
);
