import type { WindowName } from '../contract/ipc.ts';

/** Sizes in page pixels; a window is never larger than the screen that it opens on. */
export const windowShapes = {
  signature: { width: 720, height: 760, minWidth: 480, minHeight: 480 },
  authentication: { width: 600, height: 760, minWidth: 480, minHeight: 480 },
  pairing: { width: 560, height: 600, minWidth: 420, minHeight: 400 },
  home: { width: 960, height: 720, minWidth: 640, minHeight: 480 },
} as const satisfies Record<WindowName, { readonly width: number; readonly height: number; readonly minWidth: number; readonly minHeight: number }>;

/** A provider's own page, beside ours. */
export const loginWindowShape = { width: 520, height: 760, minWidth: 400, minHeight: 480 } as const;
