import type { WindowName } from '../contract/ipc/windows.ts';

/**
 * Sizes in page pixels; a window is never larger than the screen that it opens on. A least height that the smallest of
 * them does not have (1366 × 768 at 200 %) would push what can be done off it.
 */
export const windowShapes = {
  signature: { width: 720, height: 760, minWidth: 480, minHeight: 300 },
  authentication: { width: 600, height: 760, minWidth: 480, minHeight: 300 },
  pairing: { width: 560, height: 600, minWidth: 420, minHeight: 300 },
  home: { width: 960, height: 720, minWidth: 640, minHeight: 300 },
} as const satisfies Record<WindowName, { readonly width: number; readonly height: number; readonly minWidth: number; readonly minHeight: number }>;

/** A provider's own page, beside ours. */
export const loginWindowShape = { width: 520, height: 760, minWidth: 400, minHeight: 300 } as const;
