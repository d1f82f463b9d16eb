/** `session.webRequest`: what the app says to a request before it leaves. */
import type * as Electron from 'electron';
import { notModelled, strict } from './refusal.ts';

type Details = Electron.OnBeforeRequestListenerDetails;
type Listener = (details: Details, answer: (response: Electron.CallbackResponse) => void) => void;

export class RequestJudge {
  #listener: Listener | null = null;
  #lastId = 0;

  /** As the app gets it. Listeners with a filter are not modelled. */
  readonly api = strict('webRequest', {
    onBeforeRequest: (listener: unknown, ...others: readonly unknown[]) => {
      if (others.length > 0 || (listener !== null && typeof listener !== 'function')) throw notModelled('webRequest.onBeforeRequest with a filter');
      this.#listener = listener as Listener | null;
    },
  } satisfies Partial<Record<keyof Electron.WebRequest, unknown>>) as unknown as Electron.WebRequest;

  /** Whether the app lets it go. Without a listener everything goes, as in Electron. */
  mayLeave(request: Omit<Details, 'id' | 'timestamp' | 'uploadData'>): Promise<boolean> {
    const listener = this.#listener;
    if (listener === null) return Promise.resolve(true);
    this.#lastId += 1;
    const details = { ...request, id: this.#lastId, timestamp: Date.now(), uploadData: [] };
    return new Promise((resolve, reject) => {
      listener(details, ({ cancel, redirectURL }) => {
        if (redirectURL === undefined) resolve(cancel !== true);
        else reject(notModelled('redirectURL of webRequest.onBeforeRequest'));
      });
    });
  }
}
