import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runTransaction } from '../../../../src/native/pcsc/card-transaction.ts';
import type { PcscApi } from '../../../../src/native/pcsc/pcsc-api.ts';
import { encodePinVerify, verifyPinDirectCode } from '../../../../src/native/pcsc/pin-verify.ts';
import { linuxAbi, macosAbi, windowsAbi } from '../../../../src/native/pcsc/platform-abi.ts';
import type { CardChannel, KeypadOrder } from '../../../../src/native/pcsc/smart-card-service.ts';
import { statusCode } from '../../../../src/native/pcsc/status.ts';
import { scriptedPcsc } from './scripted-pcsc.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hpki: KeypadOrder = { header: bytes('00 20 00 88'), shortest: 4, longest: 16, timeoutSeconds: 30 };

describe('PIN_VERIFY_STRUCTURE', () => {
  it('of an HPKI card is 24 bytes: 4 to 16 ASCII digits, unpadded, ended by OK, with room for Lc', () => {
    expect(Buffer.from(encodePinVerify(hpki)).toString('hex')).toBe('1e1e820000100402ff000000000000' + '05000000' + '0020008800');
  });

  it('of four digits ends with the last digit too', () => {
    const order = encodePinVerify({ header: bytes('00 20 00 80'), shortest: 4, longest: 4, timeoutSeconds: 255 });
    expect(Buffer.from(order).toString('hex')).toBe('ffff820000040403ff000000000000' + '05000000' + '0020008000');
  });

  it('is refused where no reader could carry it out', () => {
    for (const wrong of [{ header: bytes('00 20 00') }, { shortest: 0 }, { shortest: 17 }, { longest: 256 }, { timeoutSeconds: 0 }, { timeoutSeconds: 256 }]) {
      expect(() => encodePinVerify({ ...hpki, ...wrong })).toThrow(RangeError);
    }
  });
});

describe("a reader's features", () => {
  it('tell the control code of FEATURE_VERIFY_PIN_DIRECT, most significant byte first, wherever it stands', () => {
    expect(verifyPinDirectCode(bytes('06 04 42 33 00 06'))).toBe(0x42330006);
    expect(verifyPinDirectCode(bytes('0a 04 42 33 00 0a  07 04 42 33 00 07  06 04 42 33 00 06'))).toBe(0x42330006);
    // A view into a larger buffer, as answers may be.
    expect(verifyPinDirectCode(bytes('ff ff 06 04 00 31 35 20').subarray(2))).toBe(0x313520);
  });

  it('without it, cut short or of another form are none', () => {
    for (const none of ['', '07 04 42 33 00 07', '06 04 42 33 00', '06 02 42 33 00 06', '07 01 00 06 04 42 33 00 06']) {
      expect(verifyPinDirectCode(bytes(none))).toBeUndefined();
    }
  });

  it('never make it throw, whatever they are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (any) => {
      const code = verifyPinDirectCode(any);
      expect(code === undefined || (code >= 0 && code <= 0xffff_ffff)).toBe(true);
    }));
  });

  it('are asked for by SCARD_CTL_CODE(3400) and SCardControl as each platform has them', () => {
    expect([windowsAbi, linuxAbi, macosAbi].map((abi) => [abi.controlName, abi.controlCode(3400)])).toEqual([
      ['SCardControl', 0x313520],
      ['SCardControl', 0x42000d48],
      ['SCardControl132', 0x42000d48],
    ]);
  });
});

describe("a reader's keypad in a transaction", () => {
  const features = { status: 0, response: bytes('06 04 42 33 00 06') };

  /** What `control` was called with. */
  function keyed(answer: Awaited<ReturnType<PcscApi['control']>>, script: Partial<PcscApi> = {}) {
    const calls: { code: number; input: string }[] = [];
    const api = scriptedPcsc({
      ...script,
      control: (_card, code, input) => {
        calls.push({ code, input: Buffer.from(input).toString('hex') });
        return Promise.resolve(code === 0x42000d48 ? features : answer);
      },
    });
    return { api, calls };
  }
  const verifyIn = async (card: CardChannel): Promise<Uint8Array | undefined> => (await card.keypad?.())?.verify(hpki);

  it('is what the reader says it is, and answers with a status word', async () => {
    const { api, calls } = keyed({ status: 0, response: bytes('63 ce') });
    expect(await runTransaction(api, 1n, 'R', verifyIn)).toEqual(bytes('63 ce'));
    expect(calls).toEqual([{ code: 0x42000d48, input: '' }, { code: 0x42330006, input: Buffer.from(encodePinVerify(hpki)).toString('hex') }]);
  });

  it('is none where the driver knows no features', async () => {
    expect(await runTransaction(scriptedPcsc({}), 1n, 'R', async (card) => card.keypad?.())).toBeUndefined();
  });

  it('that ends because the card was pulled is a pulled card', async () => {
    const { api } = keyed({ status: statusCode('SCARD_E_NOT_TRANSACTED'), response: new Uint8Array() }, {
      getStatusChange: (_context, _ms, [query]) => Promise.resolve({ status: 0, readers: [{ reader: query?.reader ?? '', eventState: 0x10, atr: new Uint8Array() }] }),
    });
    await expect(runTransaction(api, 1n, 'R', verifyIn)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
  });

  it('is not armed after its transaction', async () => {
    const { api, calls } = keyed({ status: 0, response: bytes('90 00') });
    const late = await runTransaction(api, 1n, 'R', async (card) => card.keypad?.());
    await expect(late?.verify(hpki)).rejects.toThrow('after its transaction');
    expect(calls).toHaveLength(1);
  });
});
