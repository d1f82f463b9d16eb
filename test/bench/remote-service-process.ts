/**
 * `node remote-service-process.ts FOLDER`: the sandbox's signing service as a process of its own, under the name service.test.
 * Fills the folder with a terminal's files, says `ready`, and approves what a line `approve CODE NUMBER` names; it answers
 * with the moment, in milliseconds since 1970.
 */
import { createInterface } from 'node:readline';
import { startRemoteService } from '../../src/sandbox/remote/start-remote-service.ts';
import { writeTerminalFiles } from '../../src/sandbox/remote/write-terminal-files.ts';

const [folder = ''] = process.argv.slice(2);
const service = await startRemoteService({ hostName: 'service.test' });
const doctor = service.people.person('doctor');
await service.people.secondCertificate(doctor);
await writeTerminalFiles(service, folder);
process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  const [, code = '', number = ''] = line.split(' ');
  const signIn = service.signIns.find(code);
  await signIn?.tryNumber('a phone', number);
  const approved = await signIn?.approve('a phone', doctor);
  process.stdout.write(`${approved === 'approved' ? performance.timeOrigin + performance.now() : 'refused'}\n`);
}
await service.close();
