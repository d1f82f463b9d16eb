/** `nativeImage`: bytes are kept as they are; sizes are read from PNG headers; resizing changes only the size told. */
import { existsSync, readFileSync } from 'node:fs';
import type * as Electron from 'electron';
import { strict } from './refusal.ts';

type Modelled = Pick<Electron.NativeImage, 'isEmpty' | 'toPNG' | 'toDataURL' | 'getSize' | 'resize' | 'setTemplateImage' | 'isTemplateImage' | 'addRepresentation' | 'getScaleFactors'>;

/** PNG (ISO/IEC 15948) §5.6, §11.2.2: IHDR comes first; width and height are big-endian at 16 and 20. */
function sizeOf(png: Buffer): Electron.Size {
  const isPng = png.length > 24 && png.toString('latin1', 12, 16) === 'IHDR';
  return isPng ? { width: png.readUInt32BE(16), height: png.readUInt32BE(20) } : { width: 0, height: 0 };
}

function image(bytes: Buffer, size: Electron.Size = sizeOf(bytes)): Electron.NativeImage {
  let template = false;
  const scaleFactors = [1];
  const modelled = {
    isEmpty: () => bytes.length === 0,
    toPNG: () => Buffer.from(bytes),
    toDataURL: () => `data:image/png;base64,${bytes.toString('base64')}`,
    getSize: () => size,
    resize: (options) => image(bytes, { width: options.width ?? size.width, height: options.height ?? size.height }),
    setTemplateImage: (is) => { template = is; },
    isTemplateImage: () => template,
    addRepresentation: (options) => { scaleFactors.push(options.scaleFactor ?? 1); },
    getScaleFactors: () => scaleFactors,
  } satisfies Modelled;
  return strict('NativeImage', modelled) as unknown as Electron.NativeImage;
}

export function imageFrom(source: string | Electron.NativeImage): Electron.NativeImage {
  if (typeof source !== 'string') return source;
  return image(existsSync(source) ? readFileSync(source) : Buffer.alloc(0));
}

export const nativeImage = strict('nativeImage', {
  createEmpty: () => image(Buffer.alloc(0)),
  createFromPath: (path) => imageFrom(path),
  createFromBuffer: (bytes) => image(bytes),
  createFromDataURL: (url) => image(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')),
} satisfies Pick<typeof Electron.nativeImage, 'createEmpty' | 'createFromPath' | 'createFromBuffer' | 'createFromDataURL'>);
