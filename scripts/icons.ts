/**
 * Draws assets/source/*.svg into what the desktop, the installers and the task bars want: PNG, ICO and ICNS. Run it
 * after a change of a drawing and commit the result. It needs Chromium (CHROMIUM, default /usr/bin/chromium).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Page } from '@playwright/test';

const assets = path.join(import.meta.dirname, '../assets');
const states = ['ready', 'needs-you', 'working', 'problem'] as const;

/** Electron picks the file by the screen's scale: Windows knows 125 and 150 %. */
const trayScales = [
  { suffix: '', size: 16 },
  { suffix: '@1.25x', size: 20 },
  { suffix: '@1.5x', size: 24 },
  { suffix: '@2x', size: 32 },
];
const templateScales = [
  { suffix: '', size: 18 },
  { suffix: '@2x', size: 36 },
];

async function draw(page: Page, name: string, size: number): Promise<Buffer> {
  const svg = await readFile(path.join(assets, 'source', `${name}.svg`));
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0;background:transparent}img{display:block;width:${size}px;height:${size}px}</style><img src="data:image/svg+xml;base64,${svg.toString('base64')}">`,
    { waitUntil: 'load' },
  );
  return page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } });
}

/** ICO with PNG entries, as Windows reads since Vista: ICONDIR, ICONDIRENTRY for each, then the pictures. */
function writeIco(pictures: readonly { readonly size: number; readonly png: Buffer }[]): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  pictures.forEach(({ size, png }, index) => {
    const at = 6 + 16 * index;
    // 256 is written as 0.
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
}

/** ICNS: a header and one block for each size, PNG inside. */
function writeIcns(pictures: readonly { readonly type: string; readonly png: Buffer }[]): Buffer {
  const block = (type: string, content: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.write(type, 0, 'ascii');
    head.writeUInt32BE(content.length + 8, 4);
    return Buffer.concat([head, content]);
  };
  return block('icns', Buffer.concat(pictures.map(({ type, png }) => block(type, png))));
}

const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
await mkdir(path.join(assets, 'tray'), { recursive: true });
for (const state of states) {
  for (const { suffix, size } of trayScales) await writeFile(path.join(assets, 'tray', `${state}${suffix}.png`), await draw(page, `tray-${state}`, size));
  for (const { suffix, size } of templateScales) {
    await writeFile(path.join(assets, 'tray', `${state}Template${suffix}.png`), await draw(page, `tray-${state}-template`, size));
  }
}
const icons = new Map<number, Buffer>();
for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) icons.set(size, await draw(page, 'icon', size));
await browser.close();

const icon = (size: number): Buffer => {
  const png = icons.get(size);
  if (png === undefined) throw new Error(`no icon of ${size} pixels was drawn`);
  return png;
};
await writeFile(path.join(assets, 'icon.png'), icon(512));
await writeFile(path.join(assets, 'icon.ico'), writeIco([16, 24, 32, 48, 64, 256].map((size) => ({ size, png: icon(size) }))));
await writeFile(path.join(assets, 'icon.icns'), writeIcns([['icp4', 16], ['icp5', 32], ['icp6', 64], ['ic07', 128], ['ic08', 256], ['ic09', 512]].map(([type, size]) => ({ type: String(type), png: icon(Number(size)) }))));
