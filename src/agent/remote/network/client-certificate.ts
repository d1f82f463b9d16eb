import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { readPem, writePem } from '../../../formats/pki/pem.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';
import { showSafely } from '../../../formats/prescription/display-safety.ts';
import { codeOf } from './network-failures.ts';
import { identityOptions, tlsProfile, type ClientIdentity } from './tls-profile.ts';

/** A client certificate that this end can show, with what a person wants to know of it. */
export interface ClientCertificate {
  readonly identity: ClientIdentity;
  readonly subject: string;
  /** The facility, where the subject names one (O). */
  readonly organization: string | null;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly sha256: string;
}

/** The file cannot be used as it is. `text` says why and what to do. */
export class UnusableClientCertificate extends Error {
  override readonly name = 'UnusableClientCertificate';
  readonly reason: 'old-encryption' | 'wrong-passphrase' | 'no-key' | 'no-certificate' | 'key-mismatch' | 'weak-key' | 'unreadable';
  readonly text: Bilingual;

  constructor(reason: UnusableClientCertificate['reason'], text: Bilingual, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
    this.text = text;
  }
}

/**
 * Takes in what a service's operator hands out: PKCS#12 (.pfx, .p12), or PEM with certificate, chain and key. It is proven
 * usable by making a TLS context of it. A PKCS#12 file stays as it came, with its passphrase, because Node gives no key out
 * of it (docs/decisions/009); a PEM key comes out decrypted. Either is for a SecretStore and nowhere else.
 * Throws {@link UnusableClientCertificate}.
 */
export function importClientCertificate(bytes: Uint8Array, passphrase: string): ClientCertificate {
  return Buffer.from(bytes).includes('-----BEGIN') ? fromPem(Buffer.from(bytes).toString('latin1'), passphrase) : fromPfx(bytes, passphrase);
}

/** Whether the file is of a kind that a passphrase protects. */
export function wantsPassphrase(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  return !text.includes('-----BEGIN') || /ENCRYPTED/.test(text);
}

/**
 * pbeWithSHAAnd… of RFC 7292 appendix C (1.2.840.113549.1.12.1.x): RC4, RC2 and Triple DES. The algorithm stands in clear in
 * front of what it encrypts.
 */
const oldEncryption = Buffer.from('060a2a864886f70d010c01', 'hex');

function fromPfx(pfx: Uint8Array, passphrase: string): ClientCertificate {
  if (Buffer.from(pfx).includes(oldEncryption)) throw oldEncryptionRefused();
  const identity: ClientIdentity = { kind: 'pfx', pfx: Uint8Array.from(pfx), passphrase };
  return described(identity, contextOf(identity));
}

function contextOf(identity: ClientIdentity): SecureContext {
  try {
    return createSecureContext({ ...tlsProfile, ...identityOptions(identity) });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : '';
    if (/mac verify|bad decrypt|maybe wrong password|INCORRECT_PASSWORD/i.test(said)) throw wrongPassphrase(cause);
    if (/unsupported/i.test(said)) throw oldEncryptionRefused(cause);
    if (/private key/i.test(said)) throw noKey(cause);
    if (/ca md too weak|ee key too small|key too small/i.test(said)) throw weakKey(cause);
    throw new UnusableClientCertificate(
      'unreadable',
      { ja: `クライアント証明書のファイルとして読み取れません（${codeOf(cause)}）。.pfx、.p12、またはPEMのファイルを指定してください。`, en: `This is no client certificate that can be read (${codeOf(cause)}). Give a .pfx, .p12 or PEM file.` },
      { cause },
    );
  }
}

function fromPem(text: string, passphrase: string): ClientCertificate {
  const key = privateKeyIn(text, passphrase);
  const certificates = readPem(text, ['CERTIFICATE']).map((der) => new X509Certificate(der));
  if (certificates.length === 0) {
    throw new UnusableClientCertificate('no-certificate', { ja: 'ファイルに証明書がありません。', en: 'There is no certificate in the file.' });
  }
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw new UnusableClientCertificate('key-mismatch', { ja: 'ファイルの鍵と証明書が対になっていません。', en: 'Key and certificate of the file do not belong together.' });
  }
  const chain = [own, ...certificates.filter((certificate) => certificate !== own)];
  const identity: ClientIdentity = {
    kind: 'pem',
    certificate: chain.map((certificate) => writePem(certificate.raw)).join(''),
    key: writePem(key.export({ type: 'pkcs8', format: 'der' }), 'PRIVATE KEY'),
  };
  return described(identity, contextOf(identity));
}

function privateKeyIn(text: string, passphrase: string): KeyObject {
  const block = /-----BEGIN ((?:ENCRYPTED |RSA |EC )?PRIVATE KEY)-----[^-]+-----END \1-----/.exec(text)?.[0];
  if (block === undefined) throw noKey();
  try {
    return createPrivateKey({ key: block, format: 'pem', passphrase });
  } catch (cause) {
    throw wrongPassphrase(cause);
  }
}

/** The certificate that a context would show, which a socket tells without speaking to anybody. */
function described(identity: ClientIdentity, secureContext: SecureContext): ClientCertificate {
  const nowhere = new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done() });
  const socket = new TLSSocket(nowhere, { isServer: true, secureContext });
  const certificate = socket.getX509Certificate();
  socket.destroy();
  if (certificate === undefined) {
    throw new UnusableClientCertificate('no-certificate', { ja: 'ファイルに証明書がありません。', en: 'There is no certificate in the file.' });
  }
  if (!isStrong(certificate.publicKey)) throw weakKey();
  return {
    identity,
    subject: oneLine(certificate.subject),
    organization: organizationOf(certificate),
    issuer: oneLine(certificate.issuer),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** What Electron's TLS can use as well: RSA of 2048 bits and more, P-256 and P-384. */
function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  return asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1'].includes(asymmetricKeyDetails?.namedCurve ?? '');
}

/** Node joins several of one kind to a list. */
function organizationOf(certificate: X509Certificate): string | null {
  const { O: organization } = certificate.toLegacyObject().subject as { readonly O?: string | readonly string[] };
  const [first] = typeof organization === 'string' ? [organization] : (organization ?? []);
  return first === undefined || first.trim() === '' ? null : showSafely(first);
}

const oneLine = (distinguishedName: string): string => showSafely(distinguishedName.replaceAll('\n', ', '));

function oldEncryptionRefused(cause?: unknown): UnusableClientCertificate {
  return new UnusableClientCertificate(
    'old-encryption',
    {
      ja: `古い方式（RC2またはTriple DES）で保護されたファイルです。次のコマンドで作り直したファイルを登録してください: ${conversionCommand} （Windowsだけの場合は、証明書を取り込み、Export-PfxCertificate -CryptoAlgorithmOption AES256_SHA256 で書き出します）`,
      en: `The file is protected by an old method (RC2 or Triple DES). Import the file that this command makes of it: ${conversionCommand}  On Windows: import it, then Export-PfxCertificate -CryptoAlgorithmOption AES256_SHA256.`,
    },
    { cause },
  );
}

/** Asks for the old passphrase, then for a new one twice. openssl reads its input twice, so a pipe would not do. */
export const conversionCommand = 'openssl pkcs12 -legacy -in OLD.pfx -nodes -out KEY.pem && openssl pkcs12 -export -in KEY.pem -out NEW.pfx && rm KEY.pem';

function wrongPassphrase(cause: unknown): UnusableClientCertificate {
  return new UnusableClientCertificate('wrong-passphrase', { ja: 'パスフレーズが違います。証明書と一緒に届いたものを入力してください。', en: 'The passphrase is wrong. Type the one that came with the certificate.' }, { cause });
}

function noKey(cause?: unknown): UnusableClientCertificate {
  return new UnusableClientCertificate('no-key', { ja: 'ファイルに秘密鍵がありません。秘密鍵を含めて書き出したファイルを指定してください。', en: 'There is no private key in the file. Give one that was exported with its key.' }, { cause });
}

function weakKey(cause?: unknown): UnusableClientCertificate {
  return new UnusableClientCertificate('weak-key', { ja: '鍵の種類または長さが足りません。RSA 2048ビット以上、P-256、P-384の証明書が必要です。', en: 'The key is too weak or of another kind. RSA of 2048 bits or more, P-256 and P-384 are taken.' }, { cause });
}

/** Everything of it, for a SecretStore. */
export function sealable({ identity }: ClientCertificate): Uint8Array {
  const form = identity.kind === 'pfx' ? { kind: 'pfx', pfx: Buffer.from(identity.pfx).toString('base64'), passphrase: identity.passphrase } : identity;
  return new Uint8Array(Buffer.from(JSON.stringify(form), 'utf8'));
}

/** Reads {@link sealable} back. Throws {@link UnusableClientCertificate}. */
export function fromSealed(secret: Uint8Array): ClientCertificate {
  const form = JSON.parse(Buffer.from(secret).toString('utf8')) as { kind: 'pfx'; pfx: string; passphrase: string } | Extract<ClientIdentity, { kind: 'pem' }>;
  return form.kind === 'pfx' ? fromPfx(Buffer.from(form.pfx, 'base64'), form.passphrase) : fromPem(form.certificate + form.key, '');
}
