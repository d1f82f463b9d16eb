/**
 * The agent as the product puts it together, in a process of its own: files, log, card host process, API. Two things
 * differ from the installed program: a script consents and types the PIN, and the settings come from the bench.
 * Reads one order from standard input, prints one line, ends with its standard input.
 */
import { text } from 'node:stream/consumers';
import { createReadStream } from 'node:fs';
import { createAgent } from '../../src/agent/agent.ts';
import { settingsSchema } from '../../src/agent/config/settings.ts';
import { openCardHosts } from '../../src/agent/open-card-hosts.ts';
import { peersOfThisMachine } from '../../src/agent/peers-of-this-machine.ts';
import { dataDirectory, prepareDataDirectory } from '../../src/agent/storage/data-directory.ts';
import { openFileLog } from '../../src/agent/storage/file-log.ts';
import { fileSecretStore } from '../../src/agent/storage/file-secret-store.ts';
import { keepMemorySmall } from '../../src/agent/process-memory.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { scriptedPrompts } from '../../src/sandbox/scripted-prompts.ts';
import type { AgentOrder } from './measured-agent.ts';

const memory = keepMemorySmall();
const orderFile = process.argv[2];
if (orderFile === undefined) throw new Error('agent-process ORDER.json');
const order = JSON.parse(await text(createReadStream(orderFile))) as AgentOrder;

const data = dataDirectory(order.dataRoot);
await prepareDataDirectory(data);
const parsed = settingsSchema.parse({
  pin: 'until-card-removed',
  bounds: { documentsPerSession: 250, requestsPerHour: 600 },
  clients: [{ name: 'bench', native: true, tokenSha256: order.tokenSha256 }],
  cards: { direct: false, modules: [{ path: order.modulePath, login: order.login }] },
  trust: { anchors: [order.trust.anchors], chain: [order.trust.chain], crlDir: order.trust.crls },
});
// A port of its own, and no limit of requests a minute: the bench asks as fast as it is answered.
const settings = { ...parsed, api: { ...parsed.api, ports: [0], requestsPerMinute: 1_000_000 } };
const cards = openCardHosts(settings, data);
if (cards === undefined) throw new Error('no card host');
const ready = Promise.withResolvers<undefined>();
const look = (): void => {
  const state = cards.state();
  if (state.service === 'running' && state.readers.some((reader) => reader.state === 'ready')) ready.resolve(undefined);
};
cards.subscribe(look);
look();
const log = openFileLog(data.logs);
const agent = await createAgent({
  data,
  settings,
  cards,
  prompts: scriptedPrompts({ pin: () => order.pin, spendLastTries: true }),
  secrets: fileSecretStore(data.secrets),
  clock: systemClock,
  log,
  peers: peersOfThisMachine(),
  terminal: 'bench',
  onActivity: () => memory.worked(),
  onClose: () => log.close(),
});
await ready.promise;
process.stdout.write(`${JSON.stringify({ port: agent.port })}\n`);
process.stdin.resume();
process.stdin.once('end', () => void agent.close().then(() => process.exit()));
