/**
 * The wall between a page's own world and the preload's isolated world, and `contextBridge` through it. Runs inside the
 * page from its own source text, once in each world, so it may use nothing outside itself. What crosses is a
 * CustomEvent: its dispatch is synchronous, and Chromium clones `detail` for the world that reads it.
 */

export type Side = 'page' | 'preload';

export interface Bridge {
  /** `contextBridge.exposeInMainWorld`. */
  readonly expose: (key: string, api: unknown) => void;
  /** Calls a function that the other world has put into `services`, by name. */
  readonly ask: (service: string, argument: unknown) => unknown;
  /** What the other world may ask of this one. */
  readonly services: Map<string, (argument: never) => unknown>;
}

export function makeBridge(side: Side, secret: string): Bridge {
  type Parcel =
    | { readonly is: 'value'; readonly value: unknown }
    | { readonly is: 'error'; readonly message: string }
    | { readonly is: 'function' | 'promise'; readonly id: number }
    | { readonly is: 'array'; readonly items: readonly Parcel[] }
    | { readonly is: 'object'; readonly entries: readonly (readonly [string, Parcel])[] };
  type Answer = { readonly ok: boolean; readonly parcel: Parcel };
  type Message =
    | { readonly kind: 'call'; readonly turn: number; readonly id: number; readonly args: readonly Parcel[] }
    | { readonly kind: 'ask'; readonly turn: number; readonly service: string; readonly argument: Parcel }
    | { readonly kind: 'expose'; readonly turn: number; readonly key: string; readonly api: Parcel }
    | { readonly kind: 'answer'; readonly turn: number; readonly answer: Answer }
    | { readonly kind: 'settled'; readonly id: number; readonly answer: Answer };

  // Taken now: the page's scripts may replace them later.
  const DetailEvent = CustomEvent;
  const dispatch = window.dispatchEvent.bind(window);
  const otherSide = side === 'page' ? 'preload' : 'page';
  const functions = new Map<number, (...args: unknown[]) => unknown>();
  const promises = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void }>();
  const answers = new Map<number, Answer>();
  const services: Bridge['services'] = new Map();
  let last = 0;

  const send = (message: Message): void => {
    dispatch(new DetailEvent(secret + otherSide, { detail: message }));
  };
  const isPlain = (value: object): boolean => [null, Object.prototype].includes(Object.getPrototypeOf(value) as object | null);

  const pack = (value: unknown): Parcel => {
    if (typeof value === 'symbol') throw new Error('An object could not be cloned.');
    if (typeof value === 'function') {
      functions.set(++last, value as (...args: unknown[]) => unknown);
      return { is: 'function', id: last };
    }
    if (value === null || typeof value !== 'object') return { is: 'value', value };
    if (value instanceof Promise) {
      const id = ++last;
      value.then(
        (result: unknown) => send({ kind: 'settled', id, answer: attempt(() => result) }),
        (reason: unknown) => send({ kind: 'settled', id, answer: refuse(reason) }),
      );
      return { is: 'promise', id };
    }
    if (value instanceof Error) return { is: 'error', message: value.message };
    if (Array.isArray(value)) return { is: 'array', items: value.map(pack) };
    if (isPlain(value)) return { is: 'object', entries: Object.entries(value).map(([key, held]) => [key, pack(held)] as const) };
    return { is: 'value', value: structuredClone(value) };
  };
  const unpack = (parcel: Parcel, freeze = false): unknown => {
    const settle = <T extends object>(made: T): T => (freeze ? Object.freeze(made) : made);
    switch (parcel.is) {
      case 'value': return parcel.value;
      case 'error': return new Error(parcel.message);
      case 'promise': return new Promise((resolve, reject) => promises.set(parcel.id, { resolve, reject }));
      case 'array': return settle(parcel.items.map((item) => unpack(item, freeze)));
      case 'object': return settle(Object.fromEntries(parcel.entries.map(([key, held]) => [key, unpack(held, freeze)])));
      case 'function': return (...args: unknown[]) => exchange((turn) => ({ kind: 'call', turn, id: parcel.id, args: args.map(pack) }));
    }
  };

  const refuse = (reason: unknown): Answer => ({ ok: false, parcel: { is: 'error', message: reason instanceof Error ? reason.message : String(reason) } });
  const attempt = (work: () => unknown): Answer => {
    try {
      return { ok: true, parcel: pack(work()) };
    } catch (reason) {
      return refuse(reason);
    }
  };
  const exchange = (make: (turn: number) => Message): unknown => {
    const turn = ++last;
    send(make(turn));
    const answer = answers.get(turn);
    answers.delete(turn);
    if (answer === undefined) throw new Error('electron-host: the other world of this page is gone');
    const result = unpack(answer.parcel);
    if (!answer.ok) throw result as Error;
    return result;
  };

  const exposeHere = (key: string, api: Parcel): void => {
    if (Object.hasOwn(window, key)) throw new Error('Cannot bind an API on top of an existing property on the window object');
    Object.defineProperty(window, key, { value: unpack(api, true), enumerable: true, configurable: false, writable: false });
  };
  const workFor = (message: Exclude<Message, { kind: 'answer' | 'settled' }>): unknown => {
    switch (message.kind) {
      case 'call': return functions.get(message.id)?.(...message.args.map((arg) => unpack(arg)));
      case 'ask': return services.get(message.service)?.(unpack(message.argument) as never);
      case 'expose': exposeHere(message.key, message.api); return undefined;
    }
  };
  window.addEventListener(secret + side, (event) => {
    event.stopImmediatePropagation();
    const message = (event as CustomEvent<Message>).detail;
    if (message.kind === 'answer') {
      answers.set(message.turn, message.answer);
    } else if (message.kind === 'settled') {
      const waiting = promises.get(message.id);
      promises.delete(message.id);
      const result = unpack(message.answer.parcel);
      if (message.answer.ok) waiting?.resolve(result);
      else waiting?.reject(result);
    } else {
      send({ kind: 'answer', turn: message.turn, answer: attempt(() => workFor(message)) });
    }
  }, true);

  return {
    expose: (key, api) => void exchange((turn) => ({ kind: 'expose', turn, key, api: pack(api) })),
    ask: (service, argument) => exchange((turn) => ({ kind: 'ask', turn, service, argument: pack(argument) })),
    services,
  };
}
