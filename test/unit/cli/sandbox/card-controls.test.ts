import { beforeAll, describe, expect, it, vi } from 'vitest';
import { drawerCards, followCardCommands } from '../../../../src/cli/sandbox/card-controls.ts';
import { CommandFailure } from '../../../../src/cli/exit.ts';
import { DirectCardStack } from '../../../../src/native/cards/direct-card-stack.ts';
import { parseCertificate } from '../../../../src/formats/pki/certificate.ts';
import { openCardDrawer, type CardDrawer } from '../../../../src/sandbox/card-drawer.ts';
import { openSandboxClinic, sandboxReader, type SandboxClinic } from '../../../../src/sandbox/sandbox-clinic.ts';
import { readerIn, readyCard } from '../../../support/card-states.ts';

let clinic: SandboxClinic;
let drawer: CardDrawer;
beforeAll(async () => {
  clinic = await openSandboxClinic();
  drawer = openCardDrawer(clinic);
});

/** Follows the commands to their end; what was answered. */
async function follow(...commands: readonly string[]): Promise<readonly string[]> {
  const said: string[] = [];
  const output = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const reader = { insert: (card: Parameters<typeof clinic.readers.insert>[0]) => clinic.readers.insert(card, sandboxReader), remove: () => clinic.readers.remove(sandboxReader) };
  try {
    await followCardCommands(commands, { reader, drawer, first: 'doctor', more: { pair: () => said.push('(pairing)\n') } }, { say: (text) => text.en });
  } finally {
    output.mockRestore();
  }
  return said.map((line) => line.trimEnd());
}

describe('commands to the sandbox reader', () => {
  it('put each card of the drawer into it, the same one again with its counters', async () => {
    const stack = new DirectCardStack(clinic.readers);
    try {
      for (const name of drawerCards) {
        expect(await follow(`insert ${name}`)).toEqual([`Inserted: ${name}`]);
        if (name === 'authentication-only' || name === 'my-number') await readerIn(stack, 'identity_card', sandboxReader);
        else {
          const card = await readyCard(stack, sandboxReader);
          const { subject, notAfter } = parseCertificate(card.certificate);
          expect([name, JSON.stringify(subject).includes('BETSU'), notAfter.getTime() < Date.now()]).toEqual([name, name === 'other-doctor', name === 'expired']);
          expect(await stack.triesLeft(card.certificateSha256)).toBe(name === 'three-tries' ? 3 : 15);
        }
        await follow('pull');
        await readerIn(stack, 'empty', sandboxReader);
      }
      expect(await drawer.take('three-tries')).toBe(await drawer.take('three-tries'));
    } finally {
      await stack.close();
    }
  });

  it('pull a card in the middle of the next signature, and insert it again', async () => {
    expect(await follow('insert doctor', 'pull-while-signing')).toEqual(['Inserted: doctor', 'It will be pulled in the middle of the next signature.']);
    const stack = new DirectCardStack(clinic.readers);
    try {
      const { certificateSha256 } = await readyCard(stack, sandboxReader);
      const sign = (): Promise<Uint8Array> => stack.sign(certificateSha256, Buffer.from('1234'), new Uint8Array(32));
      await expect(sign()).rejects.toMatchObject({ code: 'CARD_REMOVED' });
      expect(await follow('insert')).toEqual(['Inserted: doctor']);
      await readyCard(stack, sandboxReader);
      expect(await sign()).toHaveLength(256);
    } finally {
      await stack.close();
    }
  });

  it('are the caller\'s own too; anything else is answered with what there is, and the end of the input ends nothing else', async () => {
    const [pairing, done, ...help] = await follow('pair', '', '  ', 'insert nobody', 'toString', 'format C:');
    expect([pairing, done]).toEqual(['(pairing)', 'Done.']);
    expect(help).toHaveLength(3);
    for (const line of help) expect(line).toMatch(/^Commands: insert \[doctor \| .+\], pull, pull-while-signing, pair$/);
  });

  it('go on after a reader that could not be reached', async () => {
    const said: string[] = [];
    const output = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const gone = { insert: () => Promise.reject(new CommandFailure({ ja: 'ない', en: 'no vpcd' })), remove: () => undefined };
    await followCardCommands(['insert', 'pull'], { reader: gone, drawer, first: 'doctor' }, { say: (text) => text.en });
    output.mockRestore();
    expect(said).toEqual(['no vpcd\n', 'Pulled.\n']);
  });
});
