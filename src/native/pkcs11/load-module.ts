import type * as graphenePk11 from 'graphene-pk11';
import { isAbsolute } from 'node:path';
import { statSync } from 'node:fs';
import { CardError } from '../host/card-host.ts';
import type { Cryptoki } from './cryptoki.ts';
import { binaryBitness, processBitness } from './module-bitness.ts';
import { nullInitializer, withLoginAtReader } from './null-arguments.ts';

/**
 * Loads a vendor's library into this process. Only a card host process does this.
 * SECURITY: only an absolute path of an existing regular file is loaded, so that no search path and no working
 * directory decides which code sees the PIN (test/unit/native/pkcs11/load-module.test.ts).
 */
export async function loadModule(path: string, load: () => Promise<typeof graphenePk11> = importGraphene): Promise<Cryptoki> {
  refuseUnfit(path);
  const graphene = await graphenePresent(load);
  try {
    // graphene keeps pkcs11js's object as `lib`. Its own Session and Object classes are not used: they read
    // attributes and templates that HPKI modules do not have.
    const cryptoki = graphene.Module.load(path).lib as unknown as Cryptoki;
    cryptoki.C_Initialize = nullInitializer(path);
    cryptoki.C_Login = withLoginAtReader(path, cryptoki.C_Login.bind(cryptoki));
    return cryptoki;
  } catch (error) {
    throw new CardError('CARD_MODULE_FAILED', `${path} is no PKCS#11 module for this process`, undefined, { cause: error });
  }
}

function refuseUnfit(path: string): void {
  const failed = (why: string) => new CardError('CARD_MODULE_FAILED', `${path}: ${why}`);
  if (!isAbsolute(path)) throw failed('a module path has to be absolute');
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) throw failed('there is no such file');
  const bitness = binaryBitness(path);
  if (bitness === 'not_a_library') throw failed('this is no program library');
  if (bitness !== 'universal' && bitness !== processBitness) {
    throw failed(`the library has ${bitness} bits and this program ${processBitness}`);
  }
}

const importGraphene = (): Promise<typeof graphenePk11> => import('graphene-pk11');

/** graphene-pk11 is optional: its binding is compiled at installation, which needs a compiler. */
async function graphenePresent(load: () => Promise<typeof graphenePk11>): Promise<typeof graphenePk11> {
  try {
    return await load();
  } catch (error) {
    throw new CardError('CARD_MODULE_FAILED', 'PKCS#11 support (graphene-pk11) is not installed on this machine', undefined, { cause: error });
  }
}
