/**
 * Entry of a child process: the whole agent over a virtual card, which dies by SIGKILL right after the n-th of its
 * effects on the world. Effects are what outlives the process: bytes in files (also half of a write), an fsync, a
 * rename, a signature made by the card, an answer on a socket. Between two of them it makes no difference when it dies.
 */
import { createPrivateKey } from 'node:crypto';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { ServerResponse } from 'node:http';
import { flushCompileCache, syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { createAgent } from '../../../src/agent/agent.ts';
import { systemIo } from '../../../src/agent/audit/append-only-file.ts';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import { dataDirectory, prepareDataDirectory } from '../../../src/agent/storage/data-directory.ts';
import { openFileLog } from '../../../src/agent/storage/file-log.ts';
import { fileSecretStore } from '../../../src/agent/storage/file-secret-store.ts';
import { systemClock } from '../../../src/agent/system-clock.ts';
import { DirectCardStack } from '../../../src/native/cards/direct-card-stack.ts';
import type { CardHost } from '../../../src/native/host/card-host.ts';
import { inProcessCardHost } from '../../../src/native/host/guarded-card-host.ts';
import { createFilePinLedger } from '../../../src/native/host/pin-ledger-file.ts';
import { VirtualHpkiCard } from '../../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualReaders } from '../../../src/sandbox/cards/virtual-readers.ts';
import { scriptedPrompts } from '../../../src/sandbox/scripted-prompts.ts';

/** What the parent hands over: plain data. */
export interface LifeOrder {
  readonly root: string;
  readonly trust: string;
  readonly tokenSha256: string;
  readonly certificate: Uint8Array;
  readonly ca: Uint8Array;
  readonly rootCertificate: Uint8Array;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** The effect after which it dies is written down here. */
  readonly deathFile: string;
  /** Each hash that the card has signed. */
  readonly hashFile: string;
  /** Null: it lives until it is told otherwise. */
  readonly diesAfter: number | null;
}

export type ToLife = { readonly type: 'live'; readonly order: LifeOrder } | { readonly type: 'arm'; readonly diesAfter: number };
export type FromLife = { readonly type: 'alive'; readonly port: number } | { readonly type: 'armed' };

let stepsLeft = Number.POSITIVE_INFINITY;
let deathFile = '';

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal may arrive in another thread first: this one does nothing more.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function happened(effect: string): void {
  stepsLeft -= 1;
  if (stepsLeft > 0) return;
  fs.appendFileSync(deathFile, `${effect}\n`);
  die();
}

function watchFiles(nameOf: (fd: number) => string): void {
  const real = { ...systemIo };
  systemIo.write = (fd, bytes, position) => {
    const name = nameOf(fd);
    // A write that dies half-way leaves its first half; one that lives is begun anew at the same place.
    if (stepsLeft <= 1) real.write(fd, bytes.subarray(0, bytes.length >> 1), position);
    happened(`${name}: half a line`);
    const written = real.write(fd, bytes, position);
    happened(`${name}: line`);
    return written;
  };
  systemIo.sync = async (fd) => {
    await real.sync(fd);
    happened(`${nameOf(fd)}: fdatasync`);
  };
  systemIo.syncNow = (fd) => {
    real.syncNow(fd);
    happened(`${nameOf(fd)}: opened`);
  };
  const { rename } = fsPromises;
  fsPromises.rename = async (from, to) => {
    await rename(from, to);
    const name = path.basename(String(to));
    // The copy of the log's head is kept by a timer: counted, it would move the points of death about.
    if (name !== 'audit-head.secret') happened(`${name}: replaced`);
  };
  syncBuiltinESMExports();
}

function watchAnswers(): void {
  const end = Reflect.get(ServerResponse.prototype, 'end') as (this: ServerResponse, ...args: unknown[]) => ServerResponse;
  Reflect.set(ServerResponse.prototype, 'end', function (this: ServerResponse, ...args: unknown[]) {
    if (this.req.url?.startsWith('/v1/signatures') === true) {
      happened('answer: ready');
      this.once('finish', () => happened('answer: sent'));
    }
    return end.apply(this, args);
  });
}

function watchCard(cards: CardHost, hashFile: string): void {
  const sign = cards.sign.bind(cards);
  cards.sign = async (session, hash) => {
    const value = await sign(session, hash);
    fs.appendFileSync(hashFile, `${Buffer.from(hash).toString('hex')}\n`);
    happened('card: signature');
    return value;
  };
}

async function live(order: LifeOrder): Promise<number> {
  const data = dataDirectory(order.root);
  await prepareDataDirectory(data);
  const inodeOf = (file: string): number | undefined => fs.statSync(file, { throwIfNoEntry: false })?.ino;
  watchFiles((fd) => {
    const { ino } = fs.fstatSync(fd);
    return ino === inodeOf(data.journal) ? 'journal' : ino === inodeOf(data.audit) ? 'audit' : 'another file';
  });
  watchAnswers();

  const readers = new VirtualReaders();
  const { certificate, ca, rootCertificate: root } = order;
  const privateKey = createPrivateKey({ key: Buffer.from(order.privateKey), format: 'der', type: 'pkcs8' });
  readers.insert(new VirtualHpkiCard({ signing: { certificate, privateKey, ca, root } }), 'Virtual Reader 1');
  const cards = inProcessCardHost(new DirectCardStack(readers), createFilePinLedger(data.pinLedger));
  watchCard(cards, order.hashFile);

  const settings = settingsSchema.parse({
    trust: { anchors: [path.join(order.trust, 'trust.pem')], chain: [path.join(order.trust, 'chain.pem')], crlDir: order.trust },
    clients: [{ name: 'EHR', native: true, tokenSha256: order.tokenSha256 }],
  });
  const { port } = await createAgent({
    data,
    settings: { ...settings, api: { ...settings.api, ports: [0], requestsPerMinute: 6000 } },
    cards,
    prompts: scriptedPrompts({ pin: () => '1234' }),
    secrets: fileSecretStore(data.secrets),
    clock: systemClock,
    log: openFileLog(data.logs),
    peers: null,
    terminal: 'test',
  });
  return port;
}

function tell(message: FromLife): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToLife) => {
  stepsLeft = (message.type === 'live' ? message.order.diesAfter : message.diesAfter) ?? Number.POSITIVE_INFINITY;
  if (message.type === 'arm') {
    tell({ type: 'armed' });
    return;
  }
  deathFile = message.order.deathFile;
  void live(message.order).then((port) => {
    // Starting is mostly compiling: whoever comes next over these files finds it done, although this one will be killed.
    flushCompileCache();
    tell({ type: 'alive', port });
  });
});
