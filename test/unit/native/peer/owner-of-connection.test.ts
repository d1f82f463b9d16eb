import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { userInfo } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { ownerOfConnection } from '../../../../src/native/peer/owner-of-connection.ts';
import type { Connection } from '../../../../src/native/peer/owner-of-connection.ts';

const onLinux = describe.skipIf(process.platform !== 'linux');
/** Only root can start a program as somebody else; with CI=true these fail instead of being skipped. */
const asRoot = process.getuid?.() === 0 || process.env['CI'] === 'true' ? it : it.skip;

const servers: Server[] = [];
const children: ChildProcess[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close();
});

async function listen(host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return { server, port: address.port };
}

async function accepted(server: Server): Promise<Socket> {
  const [socket] = await once(server, 'connection') as [Socket];
  sockets.push(socket);
  return socket;
}

function connectionOf(socket: Socket): Connection {
  return {
    localAddress: socket.localAddress ?? '',
    localPort: socket.localPort ?? 0,
    remoteAddress: socket.remoteAddress ?? '',
    remotePort: socket.remotePort ?? 0,
  };
}

/** bash opens the connection and keeps it: a program that is not Node, as another user where asked. */
function startClient(port: number, uid?: number): ChildProcess {
  const child = spawn('/bin/bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; read -r _ <&3`], {
    stdio: 'ignore', cwd: '/', ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  children.push(child);
  return child;
}

const nobody = 65534;

onLinux('the owner of a connection', () => {
  it('is this process\'s user for its own client, and the program is this one', async () => {
    const { server, port } = await listen('127.0.0.1');
    sockets.push(connect(port, '127.0.0.1'));
    const owner = await ownerOfConnection(connectionOf(await accepted(server)));
    expect(owner).toMatchObject({ user: { kind: 'uid', uid: process.getuid?.() }, isSelf: true, userName: userInfo().username });
    expect(owner === 'unknown' ? undefined : await owner.program()).toBe(process.execPath);
  });

  it.each(['::', '::1'])('is told on a server that listens on %s', async (host) => {
    const { server, port } = await listen(host);
    sockets.push(connect(port, host === '::' ? '127.0.0.1' : '::1'));
    const owner = await ownerOfConnection(connectionOf(await accepted(server)));
    expect(owner).toMatchObject({ isSelf: true });
  });

  it('has the path of another program, looked for once', async () => {
    const { server, port } = await listen('127.0.0.1');
    startClient(port);
    const owner = await ownerOfConnection(connectionOf(await accepted(server)));
    if (owner === 'unknown') throw new Error('unknown');
    const first = owner.program();
    expect(await first).toMatch(/\/bash$/);
    expect(owner.program()).toBe(first);
  });

  asRoot('(as root) is the other user when another user connects, although the port is the same', async () => {
    const { server, port } = await listen('127.0.0.1');
    startClient(port, nobody);
    const foreign = await ownerOfConnection(connectionOf(await accepted(server)));
    expect(foreign).toMatchObject({ user: { kind: 'uid', uid: nobody }, isSelf: false, userName: 'nobody' });
    startClient(port);
    expect(await ownerOfConnection(connectionOf(await accepted(server)))).toMatchObject({ isSelf: true });
  });

  asRoot('(as root) is never taken for root after the client has gone', async () => {
    const { server, port } = await listen('127.0.0.1');
    const child = startClient(port, nobody);
    const connection = connectionOf(await accepted(server));
    child.kill('SIGKILL');
    await once(child, 'exit');
    // The row is still there, orphaned: uid 0, inode 0.
    const rows = readFileSync('/proc/net/tcp', 'latin1').toLowerCase();
    expect(rows).toContain(`0100007f:${connection.remotePort.toString(16).padStart(4, '0')} 0100007f:`);
    expect(await ownerOfConnection(connection)).toBe('unknown');
  });

  it('is unknown for a connection that does not exist, or makes no sense', async () => {
    expect(await ownerOfConnection({ localAddress: '127.0.0.1', localPort: 1, remoteAddress: '127.0.0.1', remotePort: 2 })).toBe('unknown');
    expect(await ownerOfConnection({ localAddress: '', localPort: 0, remoteAddress: 'x', remotePort: 0 })).toBe('unknown');
  });
});
