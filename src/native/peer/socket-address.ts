/** IP addresses as 16 bytes, so that 127.0.0.1 and ::ffff:127.0.0.1 (RFC 4291 §2.5.5.2) are the same. */
import { isIPv4, isIPv6 } from 'node:net';

/** One end of each side, as the server's socket names them. */
export interface Connection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** 16 bytes, or undefined for what is no address. A zone (`%eth0`) is left out. */
export function addressBytes(text: string): Uint8Array | undefined {
  const address = text.replace(/%.*$/, '');
  if (isIPv4(address)) return Uint8Array.of(...mappedPrefix, ...address.split('.').map(Number));
  if (!isIPv6(address)) return undefined;
  const [head = '', tail] = address.split('::');
  const before = groupBytes(head);
  const after = tail === undefined ? [] : groupBytes(tail);
  return Uint8Array.of(...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after);
}

function groupBytes(groups: string): readonly number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (isIPv4(group)) return group.split('.').map(Number);
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** The four bytes of an IPv4 address, mapped or not; undefined for a true IPv6 address. */
export function ipv4Bytes(address: Uint8Array): Uint8Array | undefined {
  return mappedPrefix.every((byte, index) => address[index] === byte) ? address.slice(12) : undefined;
}
