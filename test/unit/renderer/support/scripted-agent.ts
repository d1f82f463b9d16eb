/**
 * Runs inside the page before its own scripts, in place of the preload: answers what the test scripted, remembers what
 * was asked, and plays the card host's end of the PIN port.
 */
export interface AgentScript {
  /** Answers by channel; null where none is given, no answer at all for 'never', and a refusal for 'fails'. */
  readonly answers: Readonly<Record<string, unknown>>;
  readonly pinTaken: boolean;
}

export interface AskedOfAgent {
  readonly channel: string;
  readonly request: unknown;
}

export interface PinReceived {
  readonly pin: readonly number[];
  readonly spendLastTries: boolean;
  /** Whether nothing was left of the PIN in the bytes that the page posted. */
  readonly gone: boolean;
}

export interface Harness {
  readonly asked: AskedOfAgent[];
  readonly pins: PinReceived[];
  readonly violations: string[];
  answers: Record<string, unknown>;
  pinTaken: boolean;
  /** When set, the port is announced for this dialog instead. */
  portFor: string | null;
  push(channel: string, view: unknown): void;
  /** Whether the page listens to a channel by now. */
  isHeard(channel: string): boolean;
}

declare global {
  interface Window {
    harness: Harness;
  }
}

export function playAgent(script: AgentScript): void {
  const listeners = new Map<string, Set<(view: unknown) => void>>();
  const posted: Uint8Array[] = [];
  const harness: Harness = {
    asked: [],
    pins: [],
    violations: [],
    answers: { ...script.answers },
    pinTaken: script.pinTaken,
    portFor: null,
    push: (channel, view) => {
      for (const listener of listeners.get(channel) ?? []) listener(view);
    },
    isHeard: (channel) => (listeners.get(channel)?.size ?? 0) > 0,
  };
  const sendPort = (dialog: string): void => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event: MessageEvent<{ pin: Uint8Array; spendLastTries: boolean }>) => {
      harness.pins.push({ pin: [...event.data.pin], spendLastTries: event.data.spendLastTries, gone: posted.at(-1)?.every((byte) => byte === 0) ?? false });
      port1.postMessage({ taken: harness.pinTaken });
    };
    window.postMessage({ type: 'pin-port', dialog }, window.location.origin, [port2]);
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called below on the port that it was called on
  const post = MessagePort.prototype.postMessage as (this: MessagePort, message: unknown, transfer: Transferable[]) => void;
  MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, transfer?: unknown) {
    post.call(this, message, (transfer ?? []) as Transferable[]);
    if (typeof message === 'object' && message !== null && 'pin' in message) {
      posted.push(message.pin as Uint8Array);
    }
  };
  document.addEventListener('securitypolicyviolation', (event) => {
    harness.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
  const agent = {
    invoke: (channel: string, request: unknown): Promise<unknown> => {
      harness.asked.push({ channel, request });
      if (channel === 'signature.pinPort' || channel === 'authentication.pinPort') sendPort(harness.portFor ?? (request as { dialog: string }).dialog);
      const answer = harness.answers[channel] ?? null;
      if (answer === 'fails') return Promise.reject(new Error(`${channel} failed`));
      return answer === 'never' ? new Promise(() => undefined) : Promise.resolve(answer);
    },
    on: (channel: string, listener: (view: unknown) => void): (() => void) => {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(listener));
      return () => set.delete(listener);
    },
  };
  Object.defineProperty(window, 'harness', { value: harness });
  Object.defineProperty(window, 'agent', { value: agent });
}
