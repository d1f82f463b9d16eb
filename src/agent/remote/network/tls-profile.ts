import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from 'node:tls';

/**
 * The 高セキュリティ型 of CRYPTREC's TLS guideline: TLS 1.2 and 1.3, forward secrecy, authenticated encryption, RSA or P-256 and
 * P-384 with SHA-2. Every name is known to OpenSSL and to Electron's BoringSSL.
 * SECURITY: test/attacks/row-09-outbound-tls.test.ts
 */
export const tlsProfile = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  ecdhCurve: 'X25519:P-256:P-384',
  sigalgs: [
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
  ].join(':'),
} as const satisfies SecureContextOptions;

/** What this end shows where a service asks who it is. */
export type ClientIdentity =
  | { readonly kind: 'pfx'; readonly pfx: Uint8Array; readonly passphrase: string }
  /** PEM: the certificate with its chain, and its key in clear. */
  | { readonly kind: 'pem'; readonly certificate: string; readonly key: string };

/**
 * CAs that count, PEM. Those of the system, because a hospital adds its own there; those that the runtime brings along,
 * because Windows fetches public roots only when its own TLS meets them; and the extra ones of policy. Named one by one:
 * Node's `default` set would listen to NODE_EXTRA_CA_CERTS.
 */
export function trustedAuthorities(extra: readonly string[]): readonly string[] {
  return [...new Set([...getCACertificates('system'), ...webAuthorities(), ...extra])];
}

/** The public CAs that the runtime brings along. */
export const webAuthorities = (): readonly string[] => getCACertificates('bundled');

/** Throws what OpenSSL says where certificate and key do not fit or cannot be read. */
export function clientContext(authorities: readonly string[], identity: ClientIdentity | null): SecureContext {
  return createSecureContext({ ...tlsProfile, ca: [...authorities], ...identityOptions(identity) });
}

/** The identity as Node takes it. */
export function identityOptions(identity: ClientIdentity | null): SecureContextOptions {
  switch (identity?.kind) {
    case undefined:
      return {};
    case 'pfx':
      return { pfx: Buffer.from(identity.pfx), passphrase: identity.passphrase };
    case 'pem':
      return { cert: identity.certificate, key: identity.key };
  }
}
