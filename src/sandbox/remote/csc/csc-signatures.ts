import { randomBytes } from 'node:crypto';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';
import type { SigningDesk } from '../signing-desk.ts';
import { ownCredential, rsaEncryption, sha256WithRsa, statusOf } from './csc-credentials.ts';
import { cscError, requiredString } from './csc-errors.ts';

type Body = Readonly<Record<string, unknown>>;

/** Signature Activation Data: who may sign what, once. */
interface Activation {
  readonly subject: string;
  readonly credentialId: string;
  readonly hashes: ReadonlySet<string>;
  readonly expiresAt: number;
}

/** Seconds that a SAD lives. */
const activationSeconds = 300;

const sha256Oid = '2.16.840.1.101.3.4.2.1';
const sha256Bytes = 32;

/** credentials/authorize and signatures/signHash (CSC API v2 §11.6, §11.10) at SCAL 2: every hash is authorized before it is signed. */
export class CscSignatures {
  readonly #signing: SigningDesk;
  readonly #clock: ServiceClock;
  readonly #multisign: number;
  readonly #activations = new Map<string, Activation>();

  constructor(signing: SigningDesk, clock: ServiceClock, multisign: number) {
    this.#signing = signing;
    this.#clock = clock;
    this.#multisign = multisign;
  }

  authorize(person: RemotePerson, body: Body): unknown {
    const credentialId = ownCredential(body, person);
    const count = body['numSignatures'];
    if (typeof count !== 'number' || !Number.isInteger(count)) throw cscError('Missing (or invalid type) integer parameter numSignatures');
    if (count < 1) throw cscError('Invalid value for parameter numSignatures');
    if (count > this.#multisign) throw cscError('Numbers of signatures is too high');
    const hashes = hashesOf(body);
    if (hashes.length > count) throw cscError('Invalid value for parameter numSignatures');
    checkHashAlgorithm(body);
    const sad = randomBytes(32).toString('base64url');
    const now = this.#clock.now();
    for (const [old, { expiresAt }] of this.#activations) if (expiresAt < now - 3_600_000) this.#activations.delete(old);
    this.#activations.set(sad, { subject: person.subject, credentialId, hashes: new Set(hashes), expiresAt: now + activationSeconds * 1000 });
    return { SAD: sad, expiresIn: activationSeconds };
  }

  async signHash(person: RemotePerson, body: Body): Promise<unknown> {
    const credentialId = ownCredential(body, person);
    const sad = requiredString(body, 'SAD');
    const activation = this.#activations.get(sad);
    if (activation?.subject !== person.subject || activation.credentialId !== credentialId) throw cscError('Invalid parameter SAD');
    if (this.#clock.now() >= activation.expiresAt) throw cscError('SAD expired');
    const hashes = hashesOf(body);
    const algorithm = requiredString(body, 'signAlgo');
    if (algorithm !== rsaEncryption && algorithm !== sha256WithRsa) throw cscError('Invalid parameter signAlgo');
    // SHA-256 with RSA names the hash itself (§11.10).
    if (algorithm === rsaEncryption) checkHashAlgorithm(body);
    if ((body['operationMode'] ?? 'S') !== 'S') throw cscError('Invalid parameter operationMode');
    if (!hashes.every((hash) => activation.hashes.has(hash))) throw cscError('Hash is not authorized by the SAD');
    const identity = await this.#signing.identity(person, 'csc.signatures.signHash');
    if (statusOf(identity.certificate, this.#clock.date()) !== 'valid') throw cscError('Signing certificate is expired');
    // Single use; deleting tells whether another call was faster.
    if (!this.#activations.delete(sad)) throw cscError('Invalid parameter SAD');
    const signatures = hashes.map((hash) =>
      this.#signing.sign(person, identity, Buffer.from(hash, 'base64'), 'csc.signatures.signHash').toString('base64'),
    );
    return { signatures };
  }
}

function checkHashAlgorithm(body: Body): void {
  if (requiredString(body, 'hashAlgorithmOID') !== sha256Oid) throw cscError('Invalid parameter hashAlgorithmOID');
}

function hashesOf(body: Body): readonly string[] {
  const { hashes } = body;
  if (!Array.isArray(hashes)) throw cscError('Missing (or invalid type) array parameter hashes');
  if (hashes.length === 0) throw cscError('Empty hash array');
  return hashes.map((hash: unknown) => {
    const bytes = typeof hash === 'string' ? Buffer.from(hash, 'base64') : null;
    if (bytes === null || bytes.toString('base64') !== hash) throw cscError('Invalid Base64 hash string parameter');
    if (bytes.length !== sha256Bytes) throw cscError('Invalid digest value length');
    return hash;
  });
}
