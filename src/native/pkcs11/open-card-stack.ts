import type { ReadCounter } from '../host/card-host.ts';
import type { Pkcs11ModuleSpec } from '../host/card-stack-spec.ts';
import { loadModule } from './load-module.ts';
import { defaultProfile, Pkcs11CardStack } from './pkcs11-card-stack.ts';

/** Loads one module of machine policy and looks at its slots. Throws CardError when it cannot be loaded at all. */
export async function openPkcs11CardStack(module: Pkcs11ModuleSpec, readCounter: ReadCounter): Promise<Pkcs11CardStack> {
  return new Pkcs11CardStack(await loadModule(module.path), {
    login: module.login ?? defaultProfile.login,
    purpose: module.purpose ?? defaultProfile.purpose,
    pollMs: module.pollMs ?? defaultProfile.pollMs,
    readerKeypad: module.readerKeypad ?? 'auto',
    readCounter,
  });
}
