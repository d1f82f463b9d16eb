import { describe, expect, it } from 'vitest';
import { cardKindOf, isForAuthentication } from '../../../../src/formats/pki/authentication-certificate.ts';
import type { KeyUsage } from '../../../../src/formats/pki/extensions.ts';
import { authenticationPolicy, jpkiAuthenticationPolicy, signingPolicy } from '../../../../src/formats/pki/policies.ts';

describe('a certificate', () => {
  it.each<[KeyUsage[] | null, boolean]>([
    [['digitalSignature'], true],
    [['digitalSignature', 'keyEncipherment'], true],
    [['nonRepudiation'], false],
    [['digitalSignature', 'nonRepudiation'], false],
    [['keyCertSign'], false],
    [null, false],
  ])('with keyUsage %j is for authentication: %s', (usages, is) => {
    expect(isForAuthentication({ keyUsage: usages === null ? null : new Set(usages) })).toBe(is);
  });

  it.each([
    [[authenticationPolicy], 'hpki'],
    [[signingPolicy], 'hpki'],
    [[jpkiAuthenticationPolicy], 'jpki'],
    [['1.3.6.1.4.1.0', jpkiAuthenticationPolicy], 'jpki'],
    [['1.2.392.100495.1.50.1', '1.2.392.200149.8.50'], null],
    [[], null],
  ])('with policies %j lies on a card of kind %s', (policies, kind) => {
    expect(cardKindOf({ policies })).toBe(kind);
  });
});
