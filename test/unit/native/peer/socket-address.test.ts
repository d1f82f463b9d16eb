import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, ipv4Bytes } from '../../../../src/native/peer/socket-address.ts';

describe('addresses', () => {
  it('are the same bytes in IPv4, mapped and with a zone', () => {
    expect(addressBytes('::ffff:127.0.0.1')).toEqual(addressBytes('127.0.0.1'));
    expect(addressBytes('::ffff:7f00:1')).toEqual(addressBytes('127.0.0.1'));
    expect(addressBytes('fe80::1%eth0')).toEqual(addressBytes('fe80::1'));
  });

  it('are IPv4 only when they are mapped', () => {
    expect(ipv4Bytes(addressBytes('127.0.0.1') ?? new Uint8Array())).toEqual(Uint8Array.of(127, 0, 0, 1));
    expect(ipv4Bytes(addressBytes('::1') ?? new Uint8Array())).toBeUndefined();
  });

  it('are read as the URL standard writes them', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g)?.join(':') ?? '';
      const shortest = new URL(`http://[${groups}]/`).hostname.slice(1, -1);
      expect(addressBytes(shortest)).toEqual(bytes);
    }));
  });

  it('are 16 bytes or nothing, whatever is asked', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (text) => {
      const bytes = addressBytes(text);
      expect(bytes === undefined || bytes.length === 16).toBe(true);
    }));
    expect(addressBytes('localhost')).toBeUndefined();
  });
});
