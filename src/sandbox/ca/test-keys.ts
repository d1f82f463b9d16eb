import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export interface TestKey {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);

/** RSA with e = 65537. Runs beside others on libuv's threads: start several before awaiting one. */
export function generateTestKey(bits = 2048): Promise<TestKey> {
  return generate('rsa', { modulusLength: bits, publicExponent: 0x10001 });
}
