import { createHash, sign as signWith, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { unknownTraits } from '../../../../src/native/cards/card-traits.ts';
import { CardSession } from '../../../../src/native/cards/card-session.ts';
import { emsaPkcs1Block, signatureHolds } from '../../../../src/formats/pki/emsa-pkcs1.ts';
import { circulationLayout, annexBLayout } from '../../../../src/native/cards/hpki-layout.ts';
import { signHash } from '../../../../src/native/cards/hpki-signature.ts';
import { SmartCardError } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

const message = Buffer.from('a prescription');
const hash = createHash('sha256').update(message).digest();
let doctor: CardIdentity;
let other: CardIdentity;

beforeAll(async () => {
  [doctor, other] = (await Promise.all(['Doctor', 'Other'].map(makeCardIdentity))) as [CardIdentity, CardIdentity];
});

/** A card with its signing application selected, and how to sign with it; traits are kept between signatures. */
function signer(options: Partial<VirtualHpkiCardOptions>, intercept?: (command: Uint8Array) => Uint8Array | undefined) {
  const card = new VirtualHpkiCard({ signing: doctor, ...options });
  card.powerOn();
  const traits = unknownTraits();
  const commands: string[] = [];
  const sign = async (pin = '1234'): Promise<Uint8Array> => {
    commands.length = 0;
    card.transmit(Buffer.from('00A4040010E828BD080FA00000039100000000000100', 'hex'));
    card.resetStatistics();
    const session = new CardSession({
      atr: card.atr,
      transmit: async (command) => {
        await Promise.resolve();
        commands.push(Buffer.from(command.subarray(0, 4)).toString('hex'));
        return intercept?.(command) ?? card.transmit(command);
      },
    });
    return signHash(session, traits, {
      layout: options.layout === 'annex-b' ? annexBLayout : circulationLayout,
      publicKey: new X509Certificate(doctor.certificate).publicKey,
      pin: Buffer.from(pin),
      hash,
      presenting: () => undefined,
    });
  };
  return { card, traits, commands, sign };
}

const holds = (signature: Uint8Array): boolean =>
  verify('sha256', message, new X509Certificate(doctor.certificate).publicKey, signature);

describe('the form of the signature command', () => {
  it('is the padded block in one extended command where the card takes it', async () => {
    const { commands, traits, sign } = signer({});
    expect(holds(await sign())).toBe(true);
    expect(commands).toEqual(['00a4020c', '002241b6', '00200088', '002a9e9a']);
    expect(traits.signingForm).toBe('block-extended');
  });

  it.each([0x6a80, 0x6a81, 0x6a86, 0x6a88, 0x6700])('is the older one, settled before the PIN, where MSE answers %i', async (status) => {
    const { card, commands, sign } = signer({ signingForms: 'digest-info', refusal: { at: 'mse', status } });
    expect(holds(await sign())).toBe(true);
    expect(commands).toEqual(['00a4020c', '002241b6', '00200088', '802a0080']);
    expect(card.statistics.pinsPresented).toBe(1);
    expect(holds(await sign())).toBe(true);
    expect(commands).toEqual(['00a4020c', '00200088', '802a0080']);
  });

  it.each(['circulation', 'annex-b'] as const)('is the older one under the same VERIFY where only PSO refuses (%s)', async (layout) => {
    const { card, traits, commands, sign } = signer({ layout, signingForms: 'digest-info', refusal: { at: 'pso', status: 0x6a86 } });
    expect(holds(await sign())).toBe(true);
    // Nothing is wrong with the length: the same block in a chain would be refused as well.
    expect(commands.filter((command) => command.slice(2, 4) === '2a')).toEqual(['002a9e9a', '802a0080']);
    expect(card.statistics.pinsPresented).toBe(1);
    expect(traits.signingForm).toBe('digest-info');
  });

  it('may cost a second VERIFY with the proven PIN, once per card, where the refusal drops the PIN', async () => {
    const { card, sign } = signer({ signingForms: 'digest-info', refusal: { at: 'pso', status: 0x6a86, dropsPin: true } });
    expect(holds(await sign())).toBe(true);
    expect(card.statistics.pinsPresented).toBe(2);
    expect(holds(await sign())).toBe(true);
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('costs no third VERIFY, however often the card drops the PIN', async () => {
    let verified = false;
    const { sign, commands } = signer({}, (command) => {
      if (command[1] === 0x20) verified = true;
      if (command[1] !== 0x2a) return undefined;
      const answer = verified ? Uint8Array.of(0x67, 0x00) : Uint8Array.of(0x69, 0x82);
      verified = false;
      return answer;
    });
    await expect(sign()).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(commands.filter((command) => command === '00200088').length).toBe(2);
  });

  it('is never looked for with an unproven PIN: a refused one ends the signature', async () => {
    const { card, commands, sign } = signer({ signingForms: 'digest-info', refusal: { at: 'pso', status: 0x6a86, dropsPin: true } });
    await expect(sign('9999')).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect(card.statistics.pinsPresented).toBe(1);
    expect(commands.at(-1)).toBe('00200088');
  });

  it('is the block in a chain where the extended command is refused for its length', async () => {
    const { traits, card, sign } = signer({ extendedLength: false });
    expect(holds(await sign())).toBe(true);
    expect(traits.signingForm).toBe('block-chained');
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('is forgotten with a failed signature, so that a wrong memory does not stay', async () => {
    const { traits, sign } = signer({ signingForms: 'emsa-block' });
    traits.signingForm = 'digest-info';
    await expect(sign()).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(holds(await sign())).toBe(true);
  });

  it('is found again at once where the remembered one is refused by MSE, before any PIN', async () => {
    const { card, traits, sign } = signer({ signingForms: 'digest-info' });
    traits.signingForm = 'block-extended';
    expect(holds(await sign())).toBe(true);
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it.each([0x6d00, 0x6985, 0x6f00, 0x6982])('is not changed for another answer (%i): only 6A8x and 6700 let the driver try another', async (status) => {
    const refused = signer({ signingForms: 'digest-info', refusal: { at: 'mse', status } });
    await expect(refused.sign()).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(refused.card.statistics.pinsPresented).toBe(0);
    const late = signer({ signingForms: 'digest-info', refusal: { at: 'pso', status } });
    await expect(late.sign()).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(late.card.statistics.pinsPresented).toBe(1);
  });

  it('is short from the next signature on where the reader fails on extended commands', async () => {
    const { card, sign } = signer({}, (command) => {
      if (command.length > 261) throw new SmartCardError('COMMUNICATION', 'SCARD_E_NOT_TRANSACTED');
      return undefined;
    });
    await expect(sign()).rejects.toMatchObject({ code: 'COMMUNICATION' });
    expect(card.statistics.pinsPresented).toBe(1);
    expect(holds(await sign())).toBe(true);
  });
});

describe('the signature value', () => {
  const answering = (value: Uint8Array) => (command: Uint8Array) =>
    command[1] === 0x2a ? Buffer.concat([value, Uint8Array.of(0x90, 0x00)]) : undefined;

  it.each([
    ['empty', () => new Uint8Array()],
    ['too short', () => signWith('sha256', message, doctor.privateKey).subarray(1)],
    ['too long', () => Buffer.concat([signWith('sha256', message, doctor.privateKey), Uint8Array.of(0)])],
    ['of another key', () => signWith('sha256', message, other.privateKey)],
    ['of another message', () => signWith('sha256', Buffer.from('another'), doctor.privateKey)],
    ['of another hash algorithm', () => signWith('sha512', message, doctor.privateKey)],
    ['above the modulus', () => new Uint8Array(256).fill(0xff)],
    ['zero', () => new Uint8Array(256)],
  ])('is not passed on when it is %s', async (_, value) => {
    const { sign } = signer({}, answering(value()));
    await expect(sign()).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });

  it('is judged as OpenSSL judges it', () => {
    const key = new X509Certificate(doctor.certificate).publicKey;
    const signature = signWith('sha256', message, doctor.privateKey);
    expect(signatureHolds(key, hash, signature)).toBe(true);
    for (let index = 0; index < signature.length; index += 17) {
      const tampered = Uint8Array.from(signature);
      tampered[index] = (tampered[index] ?? 0) ^ 1;
      expect(signatureHolds(key, hash, tampered)).toBe(verify('sha256', message, key, tampered));
    }
  });
});

describe('the padded block', () => {
  it('is 00 01 FF … FF 00 DigestInfo of the length of the modulus', () => {
    const block = Buffer.from(emsaPkcs1Block(hash, 256)).toString('hex');
    expect(block).toBe(`0001${'ff'.repeat(202)}003031300d060960864801650304020105000420${hash.toString('hex')}`);
  });

  it('does not exist for a hash of another length or a modulus too short', () => {
    expect(() => emsaPkcs1Block(hash.subarray(1), 256)).toThrow(RangeError);
    expect(() => emsaPkcs1Block(hash, 61)).toThrow(RangeError);
  });
});
