import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPem, writePem } from '../../../../src/formats/pki/pem.ts';

describe('PEM', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), (blocks) => {
        expect(readPem(blocks.map((block) => writePem(block)).join('text between\n'))).toEqual(blocks);
      }),
    );
  });

  it('wraps at 64 columns, as RFC 7468 asks', () => {
    const lines = writePem(new Uint8Array(100)).split('\n');
    expect(lines[0]).toBe('-----BEGIN CERTIFICATE-----');
    expect(lines.slice(1, -2).map(({ length }) => length)).toEqual([64, 64, 8]);
    expect(lines.slice(-2)).toEqual(['-----END CERTIFICATE-----', '']);
  });

  it('reads CRLF, long lines and a missing newline at the end', () => {
    expect(readPem('-----BEGIN CERTIFICATE-----\r\nAQID\r\n-----END CERTIFICATE-----')).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it('hands out certificates and lists, and keys only when asked for', () => {
    const text = [
      writePem(Uint8Array.of(1)),
      writePem(Uint8Array.of(2), 'X509 CRL'),
      writePem(Uint8Array.of(3), 'PRIVATE KEY'),
      '-----BEGIN RSA PRIVATE KEY-----\nBA==\n-----END RSA PRIVATE KEY-----\n',
    ].join('');
    expect(readPem(text)).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(readPem(text, ['CERTIFICATE'])).toEqual([Uint8Array.of(1)]);
    expect(readPem(text, ['PRIVATE KEY'])).toEqual([Uint8Array.of(3)]);
  });

  it('finds nothing in text without a whole block', () => {
    expect(readPem('-----BEGIN CERTIFICATE-----\nAQID\n-----END X509 CRL-----')).toEqual([]);
    expect(readPem('')).toEqual([]);
  });

  it('takes linear time on text that never ends a block', () => {
    const begin = '-----BEGIN CERTIFICATE-----\n';
    const started = process.cpuUsage();
    expect(readPem(begin.repeat(5_000) + ' '.repeat(50_000))).toEqual([]);
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});
