import { describe, expect, it } from 'vitest';
import { findClientSocket } from '../../../../src/native/peer/linux-proc-net.ts';

const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (local: string, remote: string, state: string, uid: number, inode: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
const table = (...rows: readonly string[]): string => [heading, ...rows, ''].join('\n');

/** The agent listens on 17090 (0x42C2); the client came from 50000 (0xC350). */
const connection = { localAddress: '127.0.0.1', localPort: 17090, remoteAddress: '127.0.0.1', remotePort: 50000 };
const server = '0100007F:42C2';
const client = '0100007F:C350';

describe('the client\'s row of /proc/net/tcp', () => {
  it('is told from the server\'s own', () => {
    const text = table(row('0100007F:42C2', '00000000:0000', '0A', 0, 11), row(server, client, '01', 1000, 12), row(client, server, '01', 1001, 13));
    expect(findClientSocket(text, 4, connection)).toEqual({ uid: 1001, inode: '13' });
  });

  it('is found for a mapped address in either table', () => {
    const mapped = { ...connection, localAddress: '::ffff:127.0.0.1', remoteAddress: '::ffff:127.0.0.1' };
    expect(findClientSocket(table(row(client, server, '01', 1001, 13)), 4, mapped)).toEqual({ uid: 1001, inode: '13' });
    const prefix = '0000000000000000FFFF0000';
    const text = table(row(`${prefix}${client}`, `${prefix}${server}`, '01', 1002, 14));
    expect(findClientSocket(text, 6, connection)).toEqual({ uid: 1002, inode: '14' });
  });

  it('is found for ::1', () => {
    const loopback = '00000000000000000000000001000000';
    const text = table(row(`${loopback}:C350`, `${loopback}:42C2`, '01', 1001, 13));
    expect(findClientSocket(text, 6, { ...connection, localAddress: '::1', remoteAddress: '::1' })).toEqual({ uid: 1001, inode: '13' });
    expect(findClientSocket(text, 6, connection)).toBeUndefined();
  });

  it('is nobody\'s, not root\'s, when no process holds the socket any more', () => {
    expect(findClientSocket(table(row(client, server, '06', 0, 0)), 4, connection)).toBeUndefined();
    expect(findClientSocket(table(row(client, server, '05', 0, 0)), 4, connection)).toBeUndefined();
  });

  it('is not a row whose other columns look like it', () => {
    expect(findClientSocket(table(row('0200007F:C350', server, '01', 1001, 13)), 4, connection)).toBeUndefined();
    expect(findClientSocket(`${heading}\n ${client} ${server}`, 4, connection)).toBeUndefined();
  });
});
