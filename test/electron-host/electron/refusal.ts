/** How the model says no: whatever it does not play throws by name, so that no test passes on an empty promise. */
import { EventEmitter } from 'node:events';

export function notModelled(what: string): Error {
  return new Error(`electron-host: ${what} is not modelled (test/electron-host/README.md)`);
}

/** Promises, inspectors and JSON look these up on anything; they are not members of Electron's API. */
const askedByEverybody = new Set(['then', 'toJSON', 'constructor', 'inspect', 'prototype', '$$typeof', 'asymmetricMatch', 'nodeType']);

/** The object, but reading a member that it does not have throws. */
export function strict<T extends object>(name: string, modelled: T): T {
  return new Proxy(modelled, {
    get(target, key) {
      if (key in target || typeof key === 'symbol' || key.startsWith('_') || askedByEverybody.has(key)) return Reflect.get(target, key) as unknown;
      throw notModelled(`${name}.${key}`);
    },
    set: (target, key, value) => Reflect.set(target, key, value), // setters see the object itself, with its private fields
  });
}

/** An export that can be imported; any use of it throws. */
export function unmodelled(name: string): object {
  const refuse = (what: string): never => {
    throw notModelled(what);
  };
  return new Proxy(function unmodelledExport() { /* never runs */ }, {
    get: (_target, key) => (typeof key === 'symbol' || askedByEverybody.has(key) ? undefined : refuse(`${name}.${key}`)),
    apply: () => refuse(`${name}()`),
    construct: () => refuse(`new ${name}()`),
  });
}

const emitterNames = new WeakMap<object, string>();

/**
 * An emitter that takes listeners only for events which the model emits or a test may emit, and whose subclasses throw
 * when a member is read that they do not have.
 */
export class ModelEmitter extends EventEmitter {
  readonly #known: ReadonlySet<string | symbol>;

  constructor(name: string, events: readonly string[]) {
    super();
    emitterNames.set(this, name);
    this.#known = new Set([...events, 'newListener', 'removeListener', 'error']);
  }

  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    this.#mustKnow(event);
    return super.on(event, listener as (...args: unknown[]) => void);
  }

  override once(event: string | symbol, listener: (...args: never[]) => void): this {
    this.#mustKnow(event);
    return super.once(event, listener as (...args: unknown[]) => void);
  }

  #mustKnow(event: string | symbol): void {
    if (!this.#known.has(event)) throw notModelled(`event '${String(event)}' of ${emitterNames.get(this) ?? 'an emitter'}`);
  }
}

// A lookup that finds nothing on the way up ends here.
Object.setPrototypeOf(ModelEmitter.prototype, new Proxy(EventEmitter.prototype, {
  get(target, key, receiver: object) {
    if (key in target || typeof key === 'symbol' || key.startsWith('_') || key === 'domain' || askedByEverybody.has(key)) return Reflect.get(target, key, receiver) as unknown;
    throw notModelled(`${emitterNames.get(receiver) ?? 'electron'}.${key}`);
  },
}));

export interface CancellableEvent {
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}

/** Electron's event object with what belongs to one event. */
export function cancellable<T extends object>(details: T): T & CancellableEvent {
  let prevented = false;
  return Object.defineProperties({ ...details, preventDefault: () => { prevented = true; } }, {
    defaultPrevented: { get: () => prevented, enumerable: true },
  }) as T & CancellableEvent;
}
