/** The tests that run in a browser, if there is one; if not, it says so where nobody overlooks it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
if (existsSync(chromium)) {
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'browser', ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.warn(`
  ┌──────────────────────────────────────────────────────────────────────────────┐
  │ SKIPPED: the tests in a browser. There is no Chromium at                     │
  │ ${chromium.padEnd(76)} │
  │ Install it (Debian: apt-get install chromium), or name its file in CHROMIUM. │
  └──────────────────────────────────────────────────────────────────────────────┘
`);
}
