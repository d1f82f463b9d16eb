import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AF_INET, AF_INET6, findClientProcess, ipv4Row, ipv6Row, sidOfTokenUser, sidText } from '../../../../src/native/peer/windows-tcp-table.ts';

const connection = { localAddress: '127.0.0.1', localPort: 17090, remoteAddress: '127.0.0.1', remotePort: 50000 };

/** As a little-endian machine has them in memory: state, addresses and ports in network order, process. */
const v4 = (state: string, local: string, remote: string, pid: string): string => `${state}000000${local}0000${remote}0000${pid}`;
const v6 = (local: string, remote: string, state: string, pid: string): string => `${local}0000${remote}0000${state}000000${pid}`;
const table = (...rows: readonly string[]): Buffer => Buffer.from(`0${rows.length}000000${rows.join('')}`, 'hex');

describe('Windows\' connection table', () => {
  it('has rows of 24 and 56 bytes', () => {
    expect(Buffer.from(v4('05', '7f000001c350', '7f00000142c2', '34120000'), 'hex')).toHaveLength(ipv4Row.size);
    const loopback = `${'00'.repeat(15)}01`;
    expect(Buffer.from(v6(`${loopback}00000000c350`, `${loopback}0000000042c2`, '05', '34120000'), 'hex')).toHaveLength(ipv6Row.size);
  });

  it('tells the client\'s process from the server\'s', () => {
    const rows = table(v4('05', '7f00000142c2', '7f000001c350', '01000000'), v4('05', '7f000001c350', '7f00000142c2', '34120000'));
    expect(findClientProcess(rows, AF_INET, connection)).toBe(0x1234);
  });

  it('tells it over IPv6, and over IPv6 sockets that speak IPv4', () => {
    const loopback = `${'00'.repeat(15)}01`;
    const rows = table(v6(`${loopback}00000000c350`, `${loopback}0000000042c2`, '05', '34120000'));
    expect(findClientProcess(rows, AF_INET6, { ...connection, localAddress: '::1', remoteAddress: '::1' })).toBe(0x1234);
    expect(findClientProcess(rows, AF_INET6, connection)).toBeUndefined();
    const mapped = `${'00'.repeat(10)}ffff7f000001`;
    const mappedRows = table(v6(`${mapped}00000000c350`, `${mapped}0000000042c2`, '05', '34120000'));
    expect(findClientProcess(mappedRows, AF_INET6, connection)).toBe(0x1234);
  });

  it('has no owner for a connection in TIME_WAIT or without a process', () => {
    expect(findClientProcess(table(v4('0b', '7f000001c350', '7f00000142c2', '34120000')), AF_INET, connection)).toBeUndefined();
    expect(findClientProcess(table(v4('05', '7f000001c350', '7f00000142c2', '00000000')), AF_INET, connection)).toBeUndefined();
  });

  it('is never read beyond its end, whatever count it tells', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(AF_INET, AF_INET6), (bytes, family) => {
      expect(() => findClientProcess(Buffer.from(bytes), family, connection)).not.toThrow();
    }));
  });
});

describe('a Windows SID', () => {
  it('is written as everybody knows it', () => {
    expect(sidText(Buffer.from('010100000000000512000000', 'hex'))).toBe('S-1-5-18');
    expect(sidText(Buffer.from('010500000000000515000000010000000200000003000000e9030000', 'hex'))).toBe('S-1-5-21-1-2-3-1001');
  });

  it('is found behind TOKEN_USER\'s pointer, and only inside its memory', () => {
    const at = 0x7ff0_0000n;
    const user = Buffer.alloc(64);
    user.writeBigUInt64LE(at + 16n);
    user.set(Buffer.from('010100000000000512000000', 'hex'), 16);
    expect(sidOfTokenUser(user, at)).toBe('S-1-5-18');
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).filter((pointer) => pointer < at || pointer >= at + 64n), (pointer) => {
      user.writeBigUInt64LE(pointer);
      expect(sidOfTokenUser(user, at)).toBeUndefined();
    }));
  });

  it('is nothing when its bytes are no SID', () => {
    expect(sidText(Buffer.from('02010000000000051200', 'hex'))).toBeUndefined();
    expect(sidText(Buffer.from('010f00000000000512000000', 'hex'))).toBeUndefined();
  });
});
