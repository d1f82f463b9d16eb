import type { PinMessage, PinPortMessage, PinTaken } from '../../contract/ipc/pin-port.ts';

/** How long the port and the card host's word may take, in ms. */
const portDeadline = 10_000;

/**
 * Hands a PIN to the card host by a port of its own and resolves with whether it was taken (held, not yet presented).
 * SECURITY: the bytes are zeroed as soon as they are posted, and whatever goes wrong before.
 * The main process never sees them. test/unit/renderer/signature-pin.test.ts
 */
export async function handOverPin(
  askForPort: () => Promise<unknown>,
  dialog: string,
  typed: { readonly pin: Uint8Array<ArrayBuffer>; readonly spendLastTries: boolean },
  signal: AbortSignal,
): Promise<PinTaken> {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(portDeadline)]);
  try {
    const arriving = portFor(dialog, ends);
    // Before the port is waited for, so that a refusal is not waited out.
    await Promise.all([askForPort(), arriving]);
    return await exchange(await arriving, typed, ends);
  } catch {
    return { taken: false };
  } finally {
    typed.pin.fill(0);
  }
}

function portFor(dialog: string, ends: AbortSignal): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    window.addEventListener(
      'message',
      (event: MessageEvent<unknown>) => {
        const [port] = event.ports;
        // SECURITY: only what this window's own preload posted, and only for the dialog that is in view.
        if (event.source !== window || port === undefined || !isPortMessage(event.data)) return;
        if (event.data.dialog === dialog && !ends.aborted) resolve(port);
        else port.close();
      },
      { signal: ends },
    );
    ends.addEventListener('abort', () => {
      reject(new DOMException('the port did not come', 'AbortError'));
    });
  });
}

function exchange(
  port: MessagePort,
  { pin, spendLastTries }: { readonly pin: Uint8Array<ArrayBuffer>; readonly spendLastTries: boolean },
  ends: AbortSignal,
): Promise<PinTaken> {
  return new Promise((resolve) => {
    const end = (taken: boolean): void => {
      port.close();
      resolve({ taken });
    };
    port.onmessage = (event: MessageEvent<unknown>) => {
      end(isPinTaken(event.data) && event.data.taken);
    };
    ends.addEventListener('abort', () => {
      end(false);
    });
    const message: PinMessage = { pin, spendLastTries };
    // Copied, not transferred: Electron loses a transferred buffer on its way out (electron/electron#34905).
    port.postMessage(message);
    pin.fill(0);
  });
}

function isPortMessage(data: unknown): data is PinPortMessage {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'pin-port' && 'dialog' in data;
}

function isPinTaken(data: unknown): data is PinTaken {
  return typeof data === 'object' && data !== null && 'taken' in data && typeof data.taken === 'boolean';
}
