import { beforeAll, describe, expect, it } from 'vitest';
import { certificateLimit, readCertificate } from '../../../../src/native/cards/card-certificates.ts';
import { CardSession } from '../../../../src/native/cards/card-session.ts';
import { unknownTraits } from '../../../../src/native/cards/card-traits.ts';
import { SmartCardError } from '../../../../src/native/pcsc/smart-card-service.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

const file = { by: 'short-identifier', sfi: 0x18 } as const;
let certificate: Uint8Array;

beforeAll(async () => {
  ({ certificate } = await makeCardIdentity('Doctor'));
});

/** A card that is one file: answers READ BINARY out of these bytes, as `read` lets it. */
function fileOf(bytes: Uint8Array, read: (offset: number, le: number) => Uint8Array | undefined = (offset, le) => bytes.subarray(offset, offset + le)) {
  const reads: number[] = [];
  const session = new CardSession({
    atr: new Uint8Array(),
    transmit: (apdu) => {
      const [, , p1 = 0, p2 = 0] = apdu;
      const offset = (p1 & 0x80) === 0 ? (p1 << 8) | p2 : p2;
      const le = apdu.length > 5 ? ((apdu[5] ?? 0) << 8) | (apdu[6] ?? 0) : (apdu[4] ?? 0) || 256;
      reads.push(le);
      const data = read(offset, le);
      return Promise.resolve(data === undefined ? Uint8Array.of(0x67, 0x00) : Buffer.concat([data, Uint8Array.of(0x90, 0x00)]));
    },
  });
  return { session, reads };
}

describe('a certificate file', () => {
  it('is read in one extended step after its header, and in short ones where extended length is refused', async () => {
    const traits = unknownTraits();
    const extended = fileOf(certificate);
    expect(await readCertificate(extended.session, traits, file)).toEqual({ der: certificate });
    expect(extended.reads).toEqual([256, certificate.length - 256]);
    expect(traits.extendedLength).toBe(true);

    const shortTraits = unknownTraits();
    const short = fileOf(certificate, (offset, le) => (le > 256 ? undefined : certificate.subarray(offset, offset + le)));
    expect(await readCertificate(short.session, shortTraits, file)).toEqual({ der: certificate });
    expect(short.reads.length).toBe(Math.ceil(certificate.length / 256) + 1);
    expect(shortTraits.extendedLength).toBe(false);
  });

  it('is read in short steps where the reader itself fails on an extended command', async () => {
    const traits = unknownTraits();
    const { session } = fileOf(certificate, (offset, le) => {
      if (le > 256) throw new SmartCardError('COMMUNICATION', 'SCARD_E_NOT_TRANSACTED');
      return certificate.subarray(offset, offset + le);
    });
    expect(await readCertificate(session, traits, file)).toEqual({ der: certificate });
    expect(traits.extendedLength).toBe(false);
  });

  it('may be padded behind the certificate', async () => {
    const padded = Buffer.concat([certificate, new Uint8Array(300).fill(0xff)]);
    expect(await readCertificate(fileOf(padded).session, unknownTraits(), file)).toEqual({ der: certificate });
  });

  it.each([
    ['16 MiB', '3083ffffff'],
    ['4 GiB', '3084ffffffff'],
    ['one more than the limit', `3082${(certificateLimit - 3).toString(16)}`],
  ])('that announces %s is not read on', async (_, header) => {
    const { session, reads } = fileOf(Buffer.concat([Buffer.from(header, 'hex'), new Uint8Array(65_536)]));
    const result = await readCertificate(session, unknownTraits(), file);
    expect(result).toHaveProperty('absent');
    expect(reads.length).toBe(1);
  });

  it.each([
    ['is no DER', Buffer.from('hello, this is a text')],
    ['has an indefinite length', Buffer.from('3080020101', 'hex')],
    ['is DER and no certificate', Buffer.from('3003020101', 'hex')],
    ['ends early', Buffer.from('308204ff0201', 'hex')],
    ['is empty', Buffer.alloc(0)],
  ])('that %s is no certificate', async (_, bytes) => {
    expect(await readCertificate(fileOf(bytes).session, unknownTraits(), file)).toHaveProperty('absent');
  });
});
