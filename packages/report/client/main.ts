/** The page's script: reads the numbers that the page holds, and draws them. */
import type { PageData } from '../src/page-data.js';
import { drawCurves } from './curves.js';
import { drawMaps } from './map.js';
import { drawProfiles } from './profiles.js';
import { startTabs } from './tabs.js';
import { followTheme } from './theme-switch.js';

const data = JSON.parse(document.getElementById('data')!.textContent) as PageData;
startTabs();
const charts = [...drawCurves(data), ...drawMaps(data), ...drawProfiles(data)];
followTheme(() => charts.forEach(({ draw }) => draw()));
