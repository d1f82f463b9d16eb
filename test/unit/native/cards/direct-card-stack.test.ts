import { createHash, verify, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DirectCardStack } from '../../../../src/native/cards/direct-card-stack.ts';
import { CardError, type CardStackState } from '../../../../src/native/host/card-host.ts';
import { certificateSha256 } from '../../../../src/native/cards/card-certificates.ts';
import { SmartCardError, type SmartCardService } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualReaders } from '../../../../src/sandbox/cards/virtual-readers.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';
import { readerIn, readyCard, stateWhere } from '../../../support/card-states.ts';

const first = 'Virtual Reader 1';
const second = 'Virtual Reader 2';
const message = Buffer.from('a prescription');
const hash = createHash('sha256').update(message).digest();
const pin = Buffer.from('1234');
const wrongPin = Buffer.from('9999');

let doctor: CardIdentity;
let other: CardIdentity;
let login: CardIdentity;
let ca: CardIdentity;
let root: CardIdentity;

beforeAll(async () => {
  [doctor, other, login, ca, root] = (await Promise.all(
    ['Doctor', 'Other doctor', 'Login', 'CA', 'Root'].map(makeCardIdentity),
  )) as [CardIdentity, CardIdentity, CardIdentity, CardIdentity, CardIdentity];
});

const opened: DirectCardStack[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((stack) => stack.close()));
});

function setUp(options: Partial<VirtualHpkiCardOptions> = {}) {
  const readers = new VirtualReaders([first, second]);
  const signing = { ...doctor, ca: ca.certificate, root: root.certificate };
  const card = new VirtualHpkiCard({ signing, authentication: login, ...options });
  readers.insert(card, first);
  const stack = new DirectCardStack(readers);
  opened.push(stack);
  return { readers, card, stack };
}

function holds(signature: Uint8Array, identity: CardIdentity = doctor): boolean {
  return verify('sha256', message, new X509Certificate(identity.certificate).publicKey, signature);
}

const fingerprint = (identity: CardIdentity): string => certificateSha256(identity.certificate);

/** The first reader, in a word. */
function shown(state: CardStackState): string {
  if (state.service === 'unavailable') return 'off';
  const [place] = state.readers;
  return place?.state === 'ready' && place.authentication === 'reading' ? 'ready, and reading on' : (place?.state ?? 'none');
}

const everyCard = (['circulation', 'annex-b'] as const).flatMap((layout) =>
  (['emsa-block', 'digest-info'] as const).flatMap((signingForms) =>
    [true, false].flatMap((extendedLength) =>
      (['tries', 0x6300, 0x6700, 0x6a86] as const).map((counter) => ({ layout, signingForms, extendedLength, counter })),
    ),
  ),
);

describe.each(everyCard)('a card of layout $layout with $signingForms, extended length $extendedLength, counter $counter', (options) => {
  it('is identified, tells its tries, and signs with one VERIFY and no command too many', async () => {
    const { card, stack } = setUp({ ...options, strictReadLength: !options.extendedLength });
    const ready = await readyCard(stack);
    expect(ready).toMatchObject({ reader: first, certificateSha256: fingerprint(doctor), driver: 'direct' });
    expect(ready.certificate).toEqual(doctor.certificate);
    expect(ready.chain.map(certificateSha256).sort()).toEqual([fingerprint(ca), fingerprint(root)].sort());

    expect(await stack.triesLeft(fingerprint(doctor))).toBe(options.counter === 'tries' ? 15 : 'unknown');
    expect(card.statistics.pinsPresented).toBe(0);

    expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });

    card.resetStatistics();
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1, commands: commandsPerSignature(options) });
    expect(card.statistics.commandsByIns.get(0x20)).toBe(1);
  });
});

/** SELECT AP, SELECT EF, READ …, SELECT key, MSE, VERIFY, PSO …: by the files and commands of each layout. */
function commandsPerSignature({ layout, signingForms, extendedLength }: (typeof everyCard)[number]): number {
  const circulation = layout === 'circulation';
  const selectApplication = extendedLength ? 1 : 2;
  const readCertificate = (circulation ? 1 : 0) + (extendedLength ? 1 : Math.ceil(doctor.certificate.length / 256));
  if (signingForms === 'digest-info') return selectApplication + readCertificate + 1 + 1 + (extendedLength ? 1 : 2);
  return selectApplication + readCertificate + (circulation ? 1 : 0) + 1 + 1 + (extendedLength ? 1 : 3);
}

it('the fewest commands per signature are 7 in circulation and 5 in Annex B', () => {
  const counts = everyCard
    .filter(({ extendedLength, signingForms }) => extendedLength && signingForms === 'emsa-block')
    .map((options) => `${options.layout} ${commandsPerSignature(options)}`);
  expect([...new Set(counts)]).toEqual(['circulation 7', 'annex-b 5']);
});

describe('a wrong PIN', () => {
  it('is presented once and answered with the tries that the card tells', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    await expect(stack.sign(fingerprint(doctor), wrongPin, hash)).rejects.toMatchObject({
      code: 'PIN_INCORRECT',
      triesLeft: 14,
      pinNotPresented: false,
    });
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
    expect(await stack.triesLeft(fingerprint(doctor))).toBe(14);
  });

  it('is answered with unknown tries by a card that does not tell', async () => {
    const { card, stack } = setUp({ wrongPin: 0x6300, counter: 0x6300 });
    await readyCard(stack);
    await expect(stack.sign(fingerprint(doctor), wrongPin, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 'unknown' });
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('that was the last try is told as locked, and so is every PIN after it', async () => {
    const { card, stack } = setUp({ maxTries: 1 });
    await readyCard(stack);
    await expect(stack.sign(fingerprint(doctor), wrongPin, hash)).rejects.toMatchObject({ code: 'PIN_LOCKED', triesLeft: 0 });
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'PIN_LOCKED', triesLeft: 0 });
    expect(await stack.triesLeft(fingerprint(doctor))).toBe(0);
    expect(card.statistics.signatures).toBe(0);
  });

  it('is not even presented when no HPKI PIN can look like it', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    for (const impossible of ['123', '12345678901234567', '12\u000034', 'パスワード']) {
      await expect(stack.sign(fingerprint(doctor), Buffer.from(impossible), hash)).rejects.toMatchObject({
        code: 'PIN_INCORRECT',
        pinNotPresented: true,
      });
    }
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('is left as it was: its bytes belong to the caller', async () => {
    const { stack } = setUp();
    await readyCard(stack);
    const mine = Uint8Array.from(pin);
    await stack.sign(fingerprint(doctor), mine, hash);
    expect(mine).toEqual(Uint8Array.from(pin));
  });
});

describe('a card pulled at any command of a signature', () => {
  const commands = 7;

  it.each(
    Array.from({ length: commands }, (_, command) => command).flatMap((command) =>
      (['before', 'during', 'after'] as const).map((when) => ({ command, when })),
    ),
  )('($when command $command) is CARD_REMOVED, and the next signature works', async ({ command, when }) => {
    const { readers, card, stack } = setUp();
    await readyCard(stack);
    card.resetStatistics();
    card.setFaults({ at: { command }, when, what: { kind: 'remove' } });
    const signature = stack.sign(fingerprint(doctor), pin, hash);
    if (command === commands - 1 && when === 'after') expect(holds(await signature)).toBe(true);
    else {
      // VERIFY is the sixth command: until it leaves no try can be spent, and the error says so.
      const sent = command > 5 || (command === 5 && when !== 'before');
      const error = await signature.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: command < 4 || (command === 4 && when !== 'after') });
      expect(card.statistics.pinsPresented).toBe(sent ? 1 : 0);
    }
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });

    readers.insert(card, first);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
  });

  it('or at any command while it is being read, is ready when it is inserted again', async () => {
    for (let command = 0; command < 12; command += 1) {
      const readers = new VirtualReaders([first]);
      const card = new VirtualHpkiCard({ signing: { ...doctor, ca: ca.certificate } });
      const stack = new DirectCardStack(readers);
      opened.push(stack);
      card.setFaults({ at: { command }, when: 'before', what: { kind: 'remove' } });
      readers.insert(card, first);
      await stateWhere(stack, (state) => state.service === 'running' && state.readers[0]?.state !== 'reading');
      card.setFaults();
      if (card.pulled) readers.insert(card, first);
      await readyCard(stack);
    }
  });
});

describe('a reset by another program', () => {
  it('before the PIN makes the driver start over', async () => {
    for (const command of [0, 2, 4]) {
      const { card, stack } = setUp();
      await readyCard(stack);
      card.setFaults({ at: { command }, when: 'before', what: { kind: 'reset' } });
      expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
      expect(card.statistics.pinsPresented).toBe(1);
    }
  });

  it.each(['before', 'during'] as const)('(%s the VERIFY) is told, and the PIN is not presented again by itself', async (when) => {
    const { card, stack } = setUp();
    await readyCard(stack);
    card.setFaults({ at: { ins: 0x20 }, when, what: { kind: 'reset' } });
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_IN_USE' });
    expect(card.statistics.pinsPresented).toBe(when === 'before' ? 0 : 1);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
  });

  it('again and again ends in an error, not in a loop', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    card.setFaults(...Array.from({ length: 9 }, () => ({ at: { ins: 0xa4 }, when: 'before', what: { kind: 'reset' } }) as const));
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_IN_USE' });
  });

  it('while the card is read leads to reading it again', async () => {
    const readers = new VirtualReaders([first]);
    const card = new VirtualHpkiCard({ signing: doctor });
    card.setFaults({ at: { command: 3 }, when: 'before', what: { kind: 'reset' } });
    readers.insert(card, first);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    expect((await readyCard(stack)).certificateSha256).toBe(fingerprint(doctor));
  });
});

describe('a card exchanged between view and signature', () => {
  it('in the reader is CARD_UNKNOWN, and its PIN is never asked of the other card', async () => {
    const { readers, stack } = setUp();
    await readyCard(stack);
    const stranger = new VirtualHpkiCard({ signing: other });
    readers.remove(first);
    readers.insert(stranger, first);
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
    expect(stranger.statistics.commandsByIns.get(0x20)).toBeUndefined();
  });

  it('without PC/SC noticing is seen in the transaction of the signature', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    card.resetStatistics();
    card.setFaults({ at: { command: 0 }, when: 'before', what: { kind: 'swap', signing: other } });
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    expect(card.statistics.commandsByIns.get(0x20)).toBeUndefined();
    await stateWhere(stack, (state) => {
      const reader = state.service === 'running' ? state.readers[0] : undefined;
      return reader?.state === 'ready' && reader.card.certificateSha256 === fingerprint(other);
    });
  });

  it('is seen before its tries are told as those of the first', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    card.setFaults({ at: { command: 0 }, when: 'before', what: { kind: 'swap', signing: other } });
    await expect(stack.triesLeft(fingerprint(doctor))).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
  });

  it('while it is being read is read for what it is, without a word about the first', async () => {
    const readers = new VirtualReaders([first]);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    const told: string[] = [];
    stack.subscribe((state) => told.push(shown(state)));
    readers.insert(new VirtualHpkiCard({ signing: doctor }), first);
    await new Promise((resolve) => setImmediate(resolve));
    readers.remove(first);
    readers.insert(new VirtualHpkiCard({ signing: other }), first);
    expect((await readyCard(stack)).certificateSha256).toBe(fingerprint(other));
    expect(told).toEqual(['reading', 'empty', 'reading', 'ready, and reading on', 'ready']);
  });

  it('right before the signature yields nothing: the value does not hold under the certificate shown', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    card.setFaults({ at: 'signature', when: 'before', what: { kind: 'swap', signing: other } });
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });
});

describe('two readers', () => {
  it('with two doctors: each certificate finds its own card', async () => {
    const { readers, card, stack } = setUp();
    const colleague = new VirtualHpkiCard({ signing: other, layout: 'annex-b', pin: '8888' });
    readers.insert(colleague, second);
    await Promise.all([readyCard(stack, first), readyCard(stack, second)]);
    const [mine, theirs] = await Promise.all([
      stack.sign(fingerprint(doctor), pin, hash),
      stack.sign(fingerprint(other), Buffer.from('8888'), hash),
    ]);
    expect([holds(mine), holds(theirs, other)]).toEqual([true, true]);
    expect([card.statistics.signatures, colleague.statistics.signatures]).toEqual([1, 1]);
  });

  it('two signatures at once on one card come one after the other, each with its own VERIFY', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    const both = await Promise.all([1, 2].map(() => stack.sign(fingerprint(doctor), pin, hash)));
    expect(both.every((signature) => holds(signature))).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 2, signatures: 2 });
  });

  it('a card moved from one to the other is found there', async () => {
    const { readers, card, stack } = setUp();
    await readyCard(stack, first);
    readers.remove(first);
    readers.insert(card, second);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
    expect((await readyCard(stack)).reader).toBe(second);
  });
});

describe('readers and service', () => {
  it('are told apart when a card is missing', async () => {
    const readers = new VirtualReaders([first]);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    const code = async (): Promise<string> =>
      stack.sign(fingerprint(doctor), pin, hash).then(
        () => 'signed',
        (error: unknown) => (error instanceof CardError ? error.code : 'untyped'),
      );
    expect(await code()).toBe('NO_CARD');
    readers.insert(new VirtualHpkiCard({ signing: other }), first);
    expect(await code()).toBe('CARD_UNKNOWN');
    readers.unplug(first);
    expect(await code()).toBe('NO_READER');
    readers.stopService();
    expect(await code()).toBe('NO_CARD_SERVICE');
    expect(stack.state()).toMatchObject({ service: 'unavailable', code: 'NO_CARD_SERVICE' });
    readers.startService();
    readers.plugIn(second);
    readers.insert(new VirtualHpkiCard({ signing: doctor }), second);
    expect(await code()).toBe('signed');
  });

  it('make a card that stops answering in a signature CARD_MODULE_FAILED while it is still there', async () => {
    const { card, stack } = setUp();
    await readyCard(stack);
    card.setFaults({ at: { ins: 0x22 }, when: 'before', what: { kind: 'mute' } });
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', pinNotPresented: true });
  });

  it('make it CARD_REMOVED when PC/SC notices a moment later that it has gone', async () => {
    const { readers, card, stack } = setUp();
    await readyCard(stack);
    card.setFaults({ at: 'signature', when: 'before', what: { kind: 'mute' } });
    const signature = stack.sign(fingerprint(doctor), pin, hash);
    const settled = expect(signature).rejects.toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: false });
    const pulled = setInterval(() => {
      if (card.muted) readers.remove(first);
    }, 5);
    await settled;
    clearInterval(pulled);
  });

  it('that stop in the middle of a signature are told, and work again when they are back', async () => {
    const { readers, card, stack } = setUp();
    await readyCard(stack);
    const signature = stack.sign(fingerprint(doctor), pin, hash);
    await new Promise((resolve) => setImmediate(resolve));
    readers.stopService();
    await expect(signature).rejects.toMatchObject({ code: 'NO_CARD_SERVICE' });
    readers.startService();
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash))).toBe(true);
    expect(card.statistics.signatures).toBe(1);
  });
});

describe('a card that another program holds', () => {
  it('is in_use, and ready as soon as it is let go, without being read again', async () => {
    const { readers, card, stack } = setUp();
    await readyCard(stack);
    card.resetStatistics();
    const release = readers.holdExclusively(first);
    expect(stack.state()).toMatchObject({ readers: [{ state: 'in_use' }, { state: 'empty' }] });
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_IN_USE' });
    release();
    expect(stack.state()).toMatchObject({ readers: [{ state: 'ready' }, { state: 'empty' }] });
    expect(card.statistics.commands).toBe(0);
  });

  it('while it is inserted, is read when it is let go', async () => {
    const readers = new VirtualReaders([first]);
    const release = readers.holdExclusively(first);
    readers.insert(new VirtualHpkiCard({ signing: doctor }), first);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    expect(stack.state()).toMatchObject({ readers: [{ state: 'in_use' }] });
    release();
    await readyCard(stack);
  });
});

describe('a card that could not be read', () => {
  it.each(['SHARING_VIOLATION', 'COMMUNICATION'] as const)('for %s is read later, though PC/SC tells no change', async (code) => {
    const { readers, stack: unused } = setUp();
    await readyCard(unused);
    let refusals = 0;
    const stubborn: SmartCardService = {
      state: () => readers.state(),
      subscribe: () => () => undefined,
      transaction: (reader, work) => {
        if (refusals > 0) return readers.transaction(reader, work);
        refusals += 1;
        return Promise.reject(new SmartCardError(code, 'SCARD_E_TEST'));
      },
      close: () => Promise.resolve(),
    };
    const stack = new DirectCardStack(stubborn);
    opened.push(stack);
    await readerIn(stack, code === 'SHARING_VIOLATION' ? 'in_use' : 'unknown_card', first);
    expect((await readyCard(stack)).certificateSha256).toBe(fingerprint(doctor));
    expect(refusals).toBe(1);
  });
});

describe('a card that cannot sign', () => {
  it('for a certificate in the wrong application says so', async () => {
    const readers = new VirtualReaders([first]);
    readers.insert(new VirtualHpkiCard({ authentication: login }), first);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    const { reason } = await readerIn(stack, 'unknown_card');
    expect(reason).toBe('the certificate of the authentication application is not one for authentication');
  });

  it('for being another kind of card says so', async () => {
    const readers = new VirtualReaders([first]);
    readers.insert(new VirtualHpkiCard({}), first);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    expect((await readerIn(stack, 'unknown_card')).reason).toBe('neither an HPKI card nor a My Number card');
  });

  it('for being mute is unknown, and ready after it was inserted again', async () => {
    const readers = new VirtualReaders([first]);
    const card = new VirtualHpkiCard({ signing: doctor });
    card.setFaults({ at: { command: 2 }, when: 'before', what: { kind: 'mute' } });
    readers.insert(card, first);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    expect((await readerIn(stack, 'unknown_card')).reason).toContain('does not answer');
    readers.remove(first);
    readers.insert(card, first);
    await readyCard(stack);
  });
});

describe('the stack', () => {
  it('tells its listeners each change once, and no more after they left', async () => {
    const readers = new VirtualReaders([first]);
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    const seen: string[] = [];
    const leave = stack.subscribe((state) => seen.push(shown(state)));
    readers.insert(new VirtualHpkiCard({ signing: doctor }), first);
    await readyCard(stack);
    readers.remove(first);
    readers.stopService();
    leave();
    readers.startService();
    expect(seen).toEqual(['reading', 'ready, and reading on', 'ready', 'empty', 'off']);
  });

  it('keeps its process when PIN sessions end: it holds no PIN', () => {
    expect(setUp().stack.pinSessionsEnded()).toBe('keep');
  });
});
