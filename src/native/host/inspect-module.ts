import { existsSync } from 'node:fs';
import { binaryBitness, processBitness } from '../pkcs11/module-bitness.ts';
import { knownModules } from '../pkcs11/known-modules.ts';

/** A PKCS#11 library as its file was found. Nothing of it is run. */
export interface InspectedModule {
  readonly path: string;
  readonly found: boolean;
  /** Width of its code; null where the file is no library. `universal` libraries count as this process's width. */
  readonly bits: 32 | 64 | null;
}

export const processBits: 32 | 64 = processBitness;

/** Throws where the file is there and cannot be read. */
export function inspectModule(path: string): InspectedModule {
  if (!existsSync(path)) return { path, found: false, bits: null };
  const bits = binaryBitness(path);
  return { path, found: true, bits: bits === 'universal' ? processBitness : bits === 'not_a_library' ? null : bits };
}

/** Vendors' signing modules that are installed here, whether machine policy names them or not. */
export function findInstalledModules(): readonly string[] {
  return knownModules(process.platform).flatMap(({ path, purpose }) => (purpose === 'hpki-signing' && existsSync(path) ? [path] : []));
}

/** Whether graphene-pk11 and its compiled binding are there (an optional dependency). */
export async function isPkcs11BindingBuilt(): Promise<boolean> {
  try {
    await import('graphene-pk11');
    return true;
  } catch {
    return false;
  }
}
