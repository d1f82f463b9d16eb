import { exclusiveC14n, inclusiveC14n } from './vocabulary.ts';

export type DigestName = 'sha256' | 'sha384' | 'sha512';

/**
 * SECURITY: allow-lists. SHA-1, MD5, HMAC and every transform that selects or rewrites (XSLT, XPath, base64, enveloped) are
 * refused by not being here (test/unit/formats/xades/verifier-refusals.test.ts).
 */
export const digestMethods: ReadonlyMap<string, DigestName> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
]);

export interface SignatureMethod {
  readonly key: 'rsa' | 'ec';
  readonly digest: DigestName;
}

export const signatureMethods: ReadonlyMap<string, SignatureMethod> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', { key: 'rsa', digest: 'sha256' }],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', { key: 'rsa', digest: 'sha384' }],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', { key: 'rsa', digest: 'sha512' }],
  ['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', { key: 'ec', digest: 'sha256' }],
  ['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384', { key: 'ec', digest: 'sha384' }],
  ['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512', { key: 'ec', digest: 'sha512' }],
]);

/** Comments are refused wherever they could matter, so the variants that keep them are not needed and not here. */
export const canonicalizations: ReadonlyMap<string, 'inclusive' | 'exclusive'> = new Map([
  [inclusiveC14n, 'inclusive'],
  [exclusiveC14n, 'exclusive'],
]);
