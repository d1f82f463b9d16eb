/** A CA for TLS servers and clients, made for one test file. Not the HPKI test CA: these certificates are of the Web's kind. */
import { contextPrimitive, tags } from '../../../src/formats/pki/der.ts';
import { retag, writeElement, writeOid, writeSequence, writeString } from '../../../src/formats/pki/der-writer.ts';
import { extensionOids } from '../../../src/formats/pki/extensions.ts';
import { nameAttributes } from '../../../src/formats/pki/name.ts';
import { writePem } from '../../../src/formats/pki/pem.ts';
import { basicConstraints, issuerOf, keyUsage, subjectKeyIdentifier, writeCertificate, writeExtension, type CertifiedKey } from '../../../src/sandbox/ca/test-certificate.ts';
import { generateTestKey, type TestKey } from '../../../src/sandbox/ca/test-keys.ts';

const day = 24 * 60 * 60 * 1000;

export interface LeafOptions {
  readonly commonName: string;
  /** DNS names and nothing else; an address is written as a name would be and so never matches. */
  readonly names?: readonly string[];
  readonly for?: 'server' | 'client';
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
}

/** PEM: the certificate with its chain, and its key. */
export interface Leaf {
  readonly certificate: string;
  readonly key: string;
}

export class TlsAuthority {
  readonly pem: string;
  readonly #ca: CertifiedKey;
  readonly #leafKey: TestKey;

  private constructor(ca: CertifiedKey, leafKey: TestKey) {
    this.#ca = ca;
    this.#leafKey = leafKey;
    this.pem = writePem(ca.certificate.der);
  }

  static async create(commonName: string, organization = 'TEST'): Promise<TlsAuthority> {
    const [key, leafKey] = await Promise.all([generateTestKey(), generateTestKey()]);
    const name = distinguishedName(commonName, organization);
    const certificate = writeCertificate(
      {
        subject: name,
        publicKey: key.publicKey,
        notBefore: new Date(Date.now() - 30 * day),
        notAfter: new Date(Date.now() + 3650 * day),
        extensions: [basicConstraints(true), keyUsage(['keyCertSign', 'cRLSign']), subjectKeyIdentifier(key.publicKey)],
      },
      { name, privateKey: key.privateKey },
    );
    return new TlsAuthority({ certificate, privateKey: key.privateKey }, leafKey);
  }

  /** All leaves share one key: making keys takes time, and nothing here depends on it. */
  issue({ commonName, names = [], for: use = 'server', from = -1, until = 90 }: LeafOptions): Leaf {
    const usage = use === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
    const certificate = writeCertificate(
      {
        subject: distinguishedName(commonName, 'TEST'),
        publicKey: this.#leafKey.publicKey,
        notBefore: new Date(Date.now() + from * day),
        notAfter: new Date(Date.now() + until * day),
        extensions: [
          basicConstraints(false),
          keyUsage(['digitalSignature']),
          writeExtension(extensionOids.extendedKeyUsage, writeSequence(writeOid(usage))),
          ...(names.length === 0
            ? []
            : [writeExtension(extensionOids.subjectAltName, writeSequence(...names.map((name) => retag(contextPrimitive(2), writeString(tags.ia5String, name)))))]),
        ],
      },
      issuerOf(this.#ca),
    );
    return { certificate: writePem(certificate.der) + this.pem, key: this.#leafKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }
}

function distinguishedName(commonName: string, organization: string): Uint8Array {
  const attribute = (oid: string, value: string): Uint8Array => writeElement(tags.set, writeSequence(writeOid(oid), writeString(tags.utf8String, value)));
  return writeSequence(attribute(nameAttributes.organization, organization), attribute(nameAttributes.commonName, commonName));
}
