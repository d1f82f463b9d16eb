/**
 * What the model changes in a page's own world: visibility and animation frames follow the window's show() and hide(),
 * and what needs a permission asks the main process. Runs inside the page from its own source text.
 */
import type { Bridge, Side } from './bridge.ts';

export function preparePageWorld(makeBridge: (side: Side, secret: string) => Bridge, secret: string): void {
  const bridge = makeBridge('page', secret);

  // A hidden window's page is hidden, and gets no animation frames.
  let hidden = false;
  const held = new Map<number, FrameRequestCallback>();
  let lastHeld = 1_000_000_000;
  const requestFrame = window.requestAnimationFrame.bind(window);
  const cancelFrame = window.cancelAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => {
    if (!hidden) return requestFrame(callback);
    held.set(++lastHeld, callback);
    return lastHeld;
  };
  window.cancelAnimationFrame = (handle) => {
    if (!held.delete(handle)) cancelFrame(handle);
  };
  Object.defineProperty(Document.prototype, 'hidden', { get: () => hidden, configurable: true });
  Object.defineProperty(Document.prototype, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible'), configurable: true });
  bridge.services.set('visibility', (nowHidden: boolean) => {
    if (hidden === nowHidden) return;
    hidden = nowHidden;
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    if (hidden) return;
    for (const callback of held.values()) requestFrame(callback);
    held.clear();
  });

  // Permission requests: the verdict is the app's; a granted one is then Chromium's own, which still refuses here.
  const mayUse = async (permission: string): Promise<boolean> => {
    try {
      return (await bridge.ask('permission', permission)) === true;
    } catch {
      return false; // a window without a preload has nobody to ask through
    }
  };
  const denied = (): DOMException => new DOMException('Permission denied', 'NotAllowedError');
  const guardPromise = <T extends object>(owner: T | undefined, method: keyof T & string, permission: string): void => {
    const original = owner?.[method];
    if (owner === undefined || typeof original !== 'function') return;
    Object.defineProperty(owner, method, {
      configurable: true,
      value: async (...args: unknown[]): Promise<unknown> => {
        if (!(await mayUse(permission))) throw denied();
        return Reflect.apply(original, owner, args) as unknown;
      },
    });
  };
  const devices = navigator as Partial<Navigator>; // both are missing on pages without a secure origin
  guardPromise(devices.mediaDevices, 'getUserMedia', 'media');
  guardPromise(devices.clipboard, 'readText', 'clipboard-read');
  if (typeof Notification === 'function') {
    Object.defineProperty(Notification, 'requestPermission', {
      configurable: true,
      value: async () => ((await mayUse('notifications')) ? 'granted' : 'denied'),
    });
  }
  if (typeof Geolocation !== 'function') return; // no secure origin
  const geolocation = Geolocation.prototype;
  const locate = Object.getOwnPropertyDescriptor(geolocation, 'getCurrentPosition')?.value as Geolocation['getCurrentPosition'];
  geolocation.getCurrentPosition = function (this: Geolocation, found, failed, options): void {
    const refused = { code: 1, message: 'User denied Geolocation', PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3 } as GeolocationPositionError;
    void mayUse('geolocation').then((allowed) => (allowed ? locate.call(this, found, failed, options) : failed?.(refused)));
  };
}
