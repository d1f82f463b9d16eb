import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContext } from 'node:tls';
import type { Bilingual } from '../../../formats/bilingual.ts';
import { pemOrDer } from '../../config/anchors.ts';
import type { Settings } from '../../config/settings.ts';
import type { SecretStore } from '../../ports.ts';
import { fromSealed, importClientCertificate, sealable, UnusableClientCertificate, type ClientCertificate } from './client-certificate.ts';
import { notConfigured } from './network-failures.ts';
import { clientContext, trustedAuthorities, webAuthorities } from './tls-profile.ts';

/** What a handshake is made with. */
export interface TlsMaterial {
  readonly clientCertificate: ClientCertificate | null;
  /** For services: shows the client certificate where one is asked for. */
  readonly serviceContext: SecureContext;
  /** For proxies: the same CAs, and nothing to show. */
  readonly proxyContext: () => SecureContext;
  /** Whether a CA is one of the Web's or one of policy, by its SHA-256 fingerprint; else somebody has added it to this machine. */
  readonly isNamedAuthority: (sha256: string) => boolean;
}

/** Name in the SecretStore. */
const imported = 'client-certificate';

/**
 * Reads CAs and client certificate as policy names them, once; {@link renew} makes the next connection read them again.
 * Throws NETWORK_NOT_CONFIGURED where a file of the policy cannot be used: a CA that is left out silently would come up as
 * a TLS error whose cause nobody finds.
 */
export class TlsMaterialSource {
  readonly #settings: Settings['network'];
  readonly #secrets: SecretStore;
  #current: Promise<TlsMaterial> | null = null;

  constructor(settings: Settings['network'], secrets: SecretStore) {
    this.#settings = settings;
    this.#secrets = secrets;
  }

  async current(): Promise<TlsMaterial> {
    const material = (this.#current ??= this.#read());
    // What failed is read again next time: the file may have been put right.
    material.catch(() => (this.#current = null));
    return material;
  }

  renew(): void {
    this.#current = null;
  }

  /** Keeps an imported certificate in the SecretStore and uses it from the next connection on. */
  async keep(certificate: ClientCertificate): Promise<void> {
    await this.#secrets.set(imported, sealable(certificate));
    this.renew();
  }

  async #read(): Promise<TlsMaterial> {
    const extra = (await Promise.all(this.#settings.extraCa.map(readAuthorities))).flat();
    const authorities = trustedAuthorities(extra);
    const clientCertificate = await this.#clientCertificate();
    let proxyContext: SecureContext | null = null;
    let named: ReadonlySet<string> | null = null;
    return {
      clientCertificate,
      serviceContext: clientContext(authorities, clientCertificate?.identity ?? null),
      proxyContext: () => (proxyContext ??= clientContext(authorities, null)),
      isNamedAuthority: (sha256) => (named ??= new Set([...webAuthorities(), ...extra].map(fingerprintOf))).has(sha256),
    };
  }

  async #clientCertificate(): Promise<ClientCertificate | null> {
    const { clientCertificate: setting } = this.#settings;
    if (setting === 'none') return null;
    try {
      if (setting !== 'imported') {
        const [certificate, key] = await Promise.all([readFile(setting.certificate), readFile(setting.key)]);
        return importClientCertificate(Buffer.concat([certificate, Buffer.from('\n'), key]), '');
      }
      const secret = await this.#secrets.get(imported);
      return secret === undefined ? null : fromSealed(secret);
    } catch (cause) {
      throw unusable(setting === 'imported' ? 'network.clientCertificate' : setting.certificate, cause);
    }
  }
}

const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

/** The certificates of a PEM or DER file of the policy, as PEM. Throws NETWORK_NOT_CONFIGURED where it cannot be used. */
export async function readAuthorities(file: string): Promise<string[]> {
  try {
    const certificates = pemOrDer(await readFile(file), 'CERTIFICATE');
    if (certificates.length === 0) throw new Error('no certificate in the file');
    return certificates.map((der) => new X509Certificate(der).toString());
  } catch (cause) {
    throw unusable(file, cause);
  }
}

function unusable(what: string, cause: unknown): Error {
  const why: Bilingual = cause instanceof UnusableClientCertificate ? cause.text : reasonOfFile(cause);
  return notConfigured('-', { ja: `${what}: ${why.ja}`, en: `${what}: ${why.en}` }, cause);
}

function reasonOfFile(cause: unknown): Bilingual {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return { ja: 'ファイルがありません。', en: 'There is no such file.' };
    case 'EACCES':
    case 'EPERM':
      return { ja: '読み取る権限がありません。', en: 'It may not be read.' };
    default:
      return { ja: '証明書として読み取れません。', en: 'It cannot be read as a certificate.' };
  }
}
