/** Reads one order from standard input, writes one token, ends. Started by provision-softhsm.ts with SOFTHSM2_CONF set. */
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { writeHpkiToken } from './hpki-token.ts';

const bytes = z.base64().transform((value) => Buffer.from(value, 'base64'));

const order = z.strictObject({
  modulePath: z.string(),
  certificate: bytes,
  privateKey: bytes,
  chain: z.array(bytes),
  pin: z.string(),
  label: z.string(),
  alwaysAuthenticate: z.boolean(),
});

try {
  await writeHpkiToken(order.parse(JSON.parse(await text(process.stdin))));
} catch (error) {
  process.stderr.write(error instanceof Error ? `${error.name}: ${error.message}\n` : 'failed\n');
  process.exitCode = 1;
}
