import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandBudget } from '../../../../src/native/cards/card-session.ts';
import { DirectCardStack } from '../../../../src/native/cards/direct-card-stack.ts';
import { certificateSha256 } from '../../../../src/native/cards/card-certificates.ts';
import { CardError } from '../../../../src/native/host/card-host.ts';
import { SmartCardError, type SmartCardErrorCode, type SmartCardService } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';
import { readyCard, stateWhere } from '../../../support/card-states.ts';

let doctor: CardIdentity;
beforeAll(async () => {
  doctor = await makeCardIdentity('Doctor');
});

type Answer = Uint8Array | SmartCardErrorCode | 'as the card does';

/** One reader whose card answers what `answer` says. PC/SC never notices anything about it. */
function readerOf(answer: (command: Uint8Array) => Answer) {
  const card = new VirtualHpkiCard({ signing: doctor });
  card.powerOn();
  const sent = { commands: 0, verifies: 0, accepted: 0, verifiesAfterRefusal: 0, refused: false };
  const presence = { reader: 'Reader', present: true, atr: card.atr, exclusive: false, mute: false, insertion: 1 };
  const service: SmartCardService = {
    state: () => ({ service: 'running', readers: [presence] }),
    subscribe: () => () => undefined,
    transaction: (_, work) =>
      work({
        atr: card.atr,
        transmit: async (command) => {
          await Promise.resolve();
          sent.commands += 1;
          const presentsPin = command[1] === 0x20 && command.length > 5;
          if (presentsPin) {
            sent.verifies += 1;
            if (sent.refused) sent.verifiesAfterRefusal += 1;
          }
          const scripted = answer(command);
          if (typeof scripted === 'string' && scripted !== 'as the card does') {
            if (presentsPin) sent.refused = true;
            throw new SmartCardError(scripted, 'SCARD_F_TEST');
          }
          const bytes = typeof scripted === 'string' ? card.transmit(command) : scripted;
          if (presentsPin) {
            if (Buffer.from(bytes).toString('hex').endsWith('9000')) sent.accepted += 1;
            else sent.refused = true;
          }
          return bytes;
        },
      }),
    close: () => Promise.resolve(),
  };
  return { service, sent };
}

const statusWord = fc.constantFrom(
  0x9000, 0x6100, 0x6110, 0x6c00, 0x6c10, 0x6282, 0x6300, 0x63c0, 0x63c1, 0x63cf, 0x6700, 0x6981, 0x6982, 0x6983, 0x6984,
  0x6985, 0x6a80, 0x6a82, 0x6a86, 0x6a88, 0x6b00, 0x6d00, 0x6e00, 0x6f00,
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  // What a certificate begins with, of any length.
  fc.tuple(fc.constantFrom(0x81, 0x82, 0x83, 0x84), fc.uint8Array({ minLength: 4, maxLength: 300 })).map(([length, rest]) => Uint8Array.of(0x30, length, ...rest)),
  fc.constant(Uint8Array.of(0x6f, 0x12, 0x84, 0x10, ...Buffer.from('E828BD080FA000000391000000000001', 'hex'))),
);
const response = fc.oneof(
  fc.tuple(body, statusWord).map(([data, sw]) => Uint8Array.of(...data, sw >> 8, sw & 0xff)),
  statusWord.map((sw) => Uint8Array.of(sw >> 8, sw & 0xff)),
  fc.uint8Array({ maxLength: 20 }),
);
const channelError = fc.constantFrom<SmartCardErrorCode>('CARD_REMOVED', 'CARD_RESET', 'SHARING_VIOLATION', 'SERVICE_UNAVAILABLE', 'READER_UNAVAILABLE');

describe('a hostile card', () => {
  it('is never read without end, and leaves a state that says what it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof({ weight: 9, arbitrary: response }, { weight: 1, arbitrary: channelError }), { minLength: 1, maxLength: 40 }), async (script) => {
        let next = 0;
        const { service, sent } = readerOf(() => script[next++ % script.length] ?? 'as the card does');
        const stack = new DirectCardStack(service);
        const state = await stateWhere(stack, (each) => each.service === 'running' && each.readers[0]?.state !== 'reading');
        await stack.close();
        expect(state).toMatchObject({ service: 'running' });
        // Three attempts, where resets make the driver start over.
        expect(sent.commands).toBeLessThanOrEqual(3 * commandBudget);
        expect(sent.verifies).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('gets one unproven PIN per signature whatever it answers, in a bounded number of commands, and every failure is typed', async () => {
    const reached = { refused: 0, accepted: 0, signed: 0 };
    const scripted = fc.oneof({ weight: 5, arbitrary: fc.constant<Answer>('as the card does') }, { weight: 4, arbitrary: response }, { weight: 1, arbitrary: channelError });
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.array(scripted, { minLength: 1, maxLength: 12 }), fc.constantFrom('1234', '9999'), async (honest, rest, pin) => {
        // A lie ends most signatures at once: where it begins decides how far one gets.
        const script = [...Array<Answer>(honest).fill('as the card does'), ...rest];
        let hostile = false;
        let next = 0;
        const { service, sent } = readerOf(() => (hostile ? (script[next++] ?? 'as the card does') : 'as the card does'));
        const stack = new DirectCardStack(service);
        const { certificateSha256: fingerprint } = await readyCard(stack);
        sent.commands = 0;
        hostile = true;
        const outcome = await stack.sign(fingerprint, Buffer.from(pin), new Uint8Array(32)).catch((error: unknown) => error);
        await stack.close();
        if (sent.verifies > sent.accepted) reached.refused += 1;
        if (sent.accepted > 0) reached.accepted += 1;
        if (outcome instanceof Uint8Array) reached.signed += 1;
        if (!(outcome instanceof Uint8Array)) expect(outcome).toBeInstanceOf(CardError);
        if (outcome instanceof CardError) expect(outcome.pinNotPresented).toBe(sent.verifies === 0);
        expect(sent.verifiesAfterRefusal).toBe(0);
        expect(sent.verifies).toBeLessThanOrEqual(1 + sent.accepted);
        expect(sent.verifies).toBeLessThanOrEqual(2);
        expect(sent.commands).toBeLessThanOrEqual(6 * commandBudget);
      }),
      { numRuns: 300 },
    );
    // The scripts get that far often enough to mean something.
    for (const [what, times] of Object.entries(reached)) expect({ what, often: times >= 10 }).toEqual({ what, often: true });
  });

  it('that answers the counter with anything yields a number that it said, or unknown', async () => {
    await fc.assert(
      fc.asyncProperty(response, async (answer) => {
        const { service } = readerOf((command) => (command[1] === 0x20 ? answer : 'as the card does'));
        const stack = new DirectCardStack(service);
        const { certificateSha256: fingerprint } = await readyCard(stack);
        const tries = await stack.triesLeft(fingerprint).catch((error: unknown) => error);
        await stack.close();
        if (tries instanceof CardError) expect(tries.code).toBe('CARD_MODULE_FAILED');
        else if (typeof tries === 'number') {
          const status = Buffer.from(answer).toString('hex').slice(-4);
          expect(['6983', '6984', `63c${tries.toString(16)}`]).toContain(status);
        } else expect(tries).toBe('unknown');
      }),
      { numRuns: 200 },
    );
  });
});

it('the card of these tests is well-behaved when it is let', async () => {
  const { service, sent } = readerOf(() => 'as the card does');
  const stack = new DirectCardStack(service);
  const card = await readyCard(stack);
  expect(card.certificateSha256).toBe(certificateSha256(doctor.certificate));
  expect(new X509Certificate(card.certificate).subject).toContain('TEST');
  expect(await stack.sign(card.certificateSha256, Buffer.from('1234'), new Uint8Array(32))).toHaveLength(256);
  await stack.close();
  expect(sent).toMatchObject({ verifies: 1, accepted: 1 });
});
