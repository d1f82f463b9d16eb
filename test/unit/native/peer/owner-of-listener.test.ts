import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { userInfo } from 'node:os';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { findListeners } from '../../../../src/native/peer/linux-proc-net.ts';
import { ownerOfListener } from '../../../../src/native/peer/owner-of-listener.ts';
import { AF_INET, AF_INET6, findListeningProcess } from '../../../../src/native/peer/windows-tcp-table.ts';

const servers: Server[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close();
});

const onLinux = describe.skipIf(process.platform !== 'linux');
/** Only root can start a program as somebody else; with CI=true it fails instead of being skipped. */
const asRoot = process.getuid?.() === 0 || process.env['CI'] === 'true' ? it : it.skip;

async function listen(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

onLinux('the program on a port', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0'])('is named, whatever address it listens on: %s', async (host) => {
    expect(await ownerOfListener(await listen(host))).toEqual({ program: process.execPath, userName: userInfo().username });
  });

  it('is nobody where nobody listens', async () => {
    const port = await listen('127.0.0.1');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await ownerOfListener(port)).toBeNull();
  });

  asRoot('(as root) is another user, by name', async () => {
    const child = spawn(process.execPath, ['-e', "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); })"], {
      uid: 65534, gid: 65534, cwd: '/', stdio: ['ignore', 'pipe', 'ignore'], env: {},
    });
    children.push(child);
    const [printed] = (await once(child.stdout, 'data')) as [Buffer];
    expect(await ownerOfListener(Number(printed.toString()))).toMatchObject({ userName: 'nobody' });
  });
});

describe('the tables of listeners', () => {
  it('hold connections too on Linux, which are not listeners', () => {
    const row = (local: string, state: string, inode: number): string =>
      `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
    const table = ['  sl  local_address …', row('0100007F:42C2', '01', 1), row('0100007F:42C2', '0A', 2), row('0100007F:42C3', '0A', 3)].join('\n');
    expect(findListeners(table, 17090)).toEqual([{ uid: 1000, inode: '2' }]);
  });

  it('name the process on Windows, in rows of both families', () => {
    const v4 = Buffer.from(['01000000', '02000000', '7f000001', '42c20000', '00000000', '00000000', '34120000'].join(''), 'hex');
    expect(findListeningProcess(v4, AF_INET, 17090)).toBe(0x1234);
    expect(findListeningProcess(v4, AF_INET, 17091)).toBeUndefined();
    const v6 = Buffer.from(['01000000', '00'.repeat(15), '01', '00000000', '42c20000', '00'.repeat(16), '00000000', '00000000', '02000000', '34120000'].join(''), 'hex');
    expect(findListeningProcess(v6, AF_INET6, 17090)).toBe(0x1234);
  });

  it('are never read beyond their end, whatever count they tell', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(AF_INET, AF_INET6), (bytes, family) => {
      expect(() => findListeningProcess(Buffer.from(bytes), family, 17090)).not.toThrow();
    }));
  });
});
