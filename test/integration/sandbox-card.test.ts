/** `hpki-agent sandbox card`: the command that puts a virtual card into one of vpcd's readers. The test is the reader. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommand, startCommand, type RunningCommand } from '../support/command-line.ts';

// Each test starts a process, on machines that are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let reader: Server;
let port: number;
beforeEach(async () => {
  reader = createServer().listen(0, '127.0.0.1');
  await once(reader, 'listening');
  ({ port } = reader.address() as AddressInfo);
});
afterEach(() => void reader.close());

const nextCard = async (): Promise<Socket> => {
  const [card] = (await once(reader, 'connection')) as [Socket];
  card.on('error', () => undefined).resume();
  return card;
};

/** ISO 7816-3 §8: TS is 3B or 3F. vpcd asks with the control code 4, after two bytes of length. */
async function answerToReset(card: Socket): Promise<Buffer> {
  card.write(Buffer.from([0, 1, 1, 0, 1, 4]));
  const [answer] = (await once(card, 'data')) as [Buffer];
  return answer;
}

/** With its card in the reader. */
async function insert(language: 'ja' | 'en' = 'ja'): Promise<{ command: RunningCommand; card: Socket }> {
  const connection = nextCard();
  const command = startCommand(['sandbox', 'card', '--port', String(port)], { language });
  const card = await connection;
  await command.seen(/PIN 1234/);
  return { command, card };
}

it('inserts a card, pulls it, inserts another one, and ends when it is told to', async () => {
  const { command, card } = await insert();
  const answer = await answerToReset(card);
  expect(answer.readUInt16BE(0)).toBe(answer.length - 2);
  expect(answer[2]).toBe(0x3b);

  const pulled = once(card, 'close');
  command.type('pull\n');
  await pulled;
  const connection = nextCard();
  command.type('insert pharmacist\n');
  const next = await connection;
  await command.seen(/挿入しました: pharmacist/);
  expect((await answerToReset(next))[2]).toBe(0x3b);

  expect(await command.stop('SIGINT')).toMatchObject({ code: 0, err: '' });
});

it.each([
  ['ja', /pcscdが終了したか、リーダーがなくなった.*もう一度実行/],
  ['en', /pcscd has ended, or the reader is gone.*run this again/],
] as const)('does not end in silence when the card service goes: in %s it says what to do', async (language, told) => {
  const { command, card } = await insert(language);
  card.destroy();
  const end = await command.ended;
  expect(end.code).toBe(1);
  expect(end.err).toMatch(told);
});

it('says what is missing where no reader waits', async () => {
  await new Promise<void>((resolve) => void reader.close(() => resolve()));
  const end = await runCommand(['sandbox', 'card', '--port', String(port)]);
  expect(end.code).toBe(1);
  expect(end.err).toMatch(/vpcdがいません.*vsmartcard-vpcd/);
});
