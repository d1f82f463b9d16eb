/**
 * A process of its own for test/integration/memory.test.ts: the whole agent over a virtual card signs many documents and
 * prints, as JSON, what is still alive on its heap after forced collections. Needs `--expose-gc`.
 */
import { scriptedPrompts } from '../../../src/sandbox/scripted-prompts.ts';
import { prescriptionOfSize } from '../../../src/sandbox/samples/prescription.ts';
import { openSandboxClinic } from '../../../src/sandbox/sandbox-clinic.ts';
import { sandboxPin } from '../../../src/sandbox/cards/card-options.ts';
import { startSandboxAgent } from '../../../src/cli/sandbox/start-sandbox-agent.ts';

const [first = 0, second = 0] = process.argv.slice(2).map(Number);
const caller = { clientId: 'memory', clientName: 'memory', origin: null, program: null };
const csv = prescriptionOfSize(2_000);

const clinic = await openSandboxClinic();
clinic.insert('doctor');
const agent = await startSandboxAgent({ clinic, prompts: scriptedPrompts({ pin: () => sandboxPin }), ports: [0] });

async function signOne(number: number): Promise<void> {
  const request = { staff: { id: 'D1', name: '医者 三郎' }, method: 'local', documents: [{ id: 'rx', type: 'prescription', csv }], partial: false } as const;
  const begun = await agent.signatures.submit(caller, `key-${number}`, request);
  const ended = await agent.signatures.settled(caller, begun.id, 30_000, new AbortController().signal);
  if (ended?.state !== 'signed') throw new Error(`signature ${number} ended ${ended?.state ?? 'unknown'}`);
}

function liveBytes(): number {
  // Twice: what the first collection finds may have been held by finalizers.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const live: number[] = [];
for (let number = 1; number <= second; number += 1) {
  await signOne(number);
  if (number === first || number === second) live.push(liveBytes());
}
await agent.close();
process.stdout.write(JSON.stringify({ hasGc: globalThis.gc !== undefined, live }));
