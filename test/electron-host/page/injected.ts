/** The texts that go into every new document of a window: its own world's, and the preload's isolated one. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { makeCodec } from '../codec.ts';
import { privilegedSchemes, suffix } from '../electron/addresses.ts';
import { makeBridge } from '../worlds/bridge.ts';
import { bindingName, deliveryName, type PreloadInfo } from '../worlds/messages.ts';
import { preparePageWorld } from '../worlds/page-world.ts';
import { runPreloadWorld } from '../worlds/preload-world.ts';

export function pageWorldScript(secret: string): string {
  return `(${String(preparePageWorld)})(${String(makeBridge)}, ${JSON.stringify(secret)});`;
}

/** `file`: the preload, a CommonJS script; without one the window still has the glue. */
export function preloadWorldScript(secret: string, file: string | undefined, argv: readonly string[]): string {
  const source = file === undefined ? '' : readFileSync(file, 'utf8');
  // A sandboxed preload is a script: what Chromium says to a module syntax in it.
  if (/^\s*(import|export)\s/m.test(source)) throw new SyntaxError('Cannot use import statement outside a module');
  const { node, v8, chrome = '', electron = '' } = process.versions as Record<string, string>;
  const info: PreloadInfo = { platform: process.platform, versions: { node: node ?? '', v8: v8 ?? '', chrome, electron }, argv, schemes: privilegedSchemes(), suffix };
  const tools = [
    `makeCodec: ${String(makeCodec)}`,
    `makeBridge: ${String(makeBridge)}`,
    `secret: ${JSON.stringify(secret)}`,
    `bindingName: ${JSON.stringify(bindingName)}`,
    `deliveryName: ${JSON.stringify(deliveryName)}`,
    `info: ${JSON.stringify(info)}`,
    `run(require, module, exports, process) {${source}\n}`,
  ];
  const sourceUrl = file === undefined ? '' : `\n//# sourceURL=${pathToFileURL(file).href}`;
  return `(${String(runPreloadWorld)})({${tools.join(', ')}});${sourceUrl}`;
}
