import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { othersLoggedOn, peersOfThisMachine } from '../../../src/agent/peers-of-this-machine.ts';

describe('who is logged on to this machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hpki-run-user-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const self = { uid: 1000, username: 'doctor' };
  const withSessions = async (...uids: readonly number[]): Promise<boolean> => {
    for (const uid of uids) await mkdir(path.join(folder, String(uid)));
    return othersLoggedOn('linux', folder, self);
  };

  it('is nobody else where only this user has a session', async () => {
    expect(await withSessions(1000)).toBe(false);
  });
  it('is somebody else where another person has one', async () => {
    expect(await withSessions(1000, 1001)).toBe(true);
  });
  it('does not count the accounts of the system, such as the login screen', async () => {
    expect(await withSessions(0, 116, 1000)).toBe(false);
  });
  it('counts as somebody else where it cannot be told', async () => {
    expect(await othersLoggedOn('linux', path.join(folder, 'none'), self)).toBe(true);
    expect(await othersLoggedOn('win32', folder, self)).toBe(true);
    expect(await othersLoggedOn('freebsd', folder, self)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('who is at the other end of a connection', () => {
  it('is this user, with the path of the program', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [socket] = (await accepted) as [Socket];
    expect(await peersOfThisMachine().ownerOf(socket)).toEqual({ owner: 'self', program: process.execPath });
    client.destroy();
    socket.destroy();
    server.close();
  });

  it('is unknown once the connection is over', async () => {
    expect(await peersOfThisMachine().ownerOf({})).toEqual({ owner: 'unknown' });
  });
});
