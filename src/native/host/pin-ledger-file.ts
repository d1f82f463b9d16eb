import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { cleanRecord, lastTries, type PinLedger, type PinRecord } from './pin-ledger.ts';

const recordSchema = z.strictObject({ failures: z.int().min(0), inFlight: z.boolean() });

const ledgerSchema = z.strictObject({
  version: z.literal(1),
  /** What a card without an entry starts from: 0, or more once a damaged file was replaced. */
  unlisted: z.int().min(0),
  cards: z.record(z.string().regex(/^[0-9a-f]{64}$/), recordSchema),
});

type Ledger = z.infer<typeof ledgerSchema>;

/**
 * A ledger in one JSON file of its user (mode 600). Each save writes a new file, flushes it to the disk and
 * renames it over the old one, so a crash leaves the old or the new content, never half of it.
 * SECURITY: a file that cannot be understood is never read as "no failures": every card then starts at the
 * count that asks the person first (test/unit/native/host/pin-ledger.test.ts).
 */
export function createFilePinLedger(path: string): PinLedger {
  let ledger: Ledger | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work, work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  return {
    load: (card) =>
      inTurn(async () => {
        ledger ??= await read(path);
        return recordOf(ledger, card);
      }),
    save: (card, record) =>
      inTurn(async () => {
        ledger ??= await read(path);
        const next = { ...ledger, cards: { ...ledger.cards, [card]: record } };
        await replace(path, JSON.stringify(next));
        ledger = next;
      }),
  };
}

function recordOf(ledger: Ledger, card: string): PinRecord {
  return ledger.cards[card] ?? { ...cleanRecord, failures: ledger.unlisted };
}

async function read(path: string): Promise<Ledger> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { version: 1, unlisted: 0, cards: {} };
    throw error;
  }
  try {
    return ledgerSchema.parse(JSON.parse(text));
  } catch {
    return { version: 1, unlisted: lastTries, cards: {} };
  }
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.new`;
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  // The rename itself has to reach the disk; Windows neither needs nor allows flushing a folder.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
