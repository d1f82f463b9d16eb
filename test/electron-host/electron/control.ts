/** The launcher's side door: evaluates functions in the main process, as Playwright's ElectronApplication does. */
import { environment } from '../environment.ts';
import { app } from './app.ts';
import { chromiumEndpoint } from './chromium.ts';

export type ControlRequest =
  | { readonly kind: 'evaluate'; readonly id: number; readonly source: string; readonly argument: unknown }
  | { readonly kind: 'endpoint'; readonly id: number };
export type ControlAnswer = { readonly id: number; readonly ok: boolean; readonly value: unknown };

export function listenToLauncher(electron: object): void {
  const send = process.send?.bind(process) as ((answer: ControlAnswer) => void) | undefined;
  if (!environment.controlled || send === undefined) return;

  const evaluate = (source: string, argument: unknown): unknown => {
    const run = (0, eval)(`(${source})`) as (electron: object, argument: unknown) => unknown;
    return run(electron, argument);
  };
  const work = async (request: ControlRequest): Promise<unknown> => {
    if (request.kind === 'evaluate') return evaluate(request.source, request.argument);
    await app.whenReady();
    return chromiumEndpoint();
  };
  process.on('message', (request: ControlRequest) => {
    work(request).then((value) => send({ id: request.id, ok: true, value })).catch((error: unknown) => {
      send({ id: request.id, ok: false, value: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
  });
  process.channel?.unref(); // the app alone decides how long it lives
  process.on('disconnect', () => app.exit(0)); // the test is gone
  Object.defineProperty(process, 'send', { value: undefined, configurable: true });
}
