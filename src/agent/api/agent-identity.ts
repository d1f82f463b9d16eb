import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { healthMessage } from '../../contract/health-signature.ts';
import type { SecretStore } from '../ports.ts';

/** Who this agent is to an EHR: a lasting Ed25519 key, and an instance that changes with every start. */
export interface AgentIdentity {
  /** 32 hex digits. */
  readonly instance: string;
  /** SPKI DER in base64, as the pairing answer and the port file give it. */
  readonly publicKey: string;
  /** Ed25519 over {@link healthMessage}, base64. */
  signHealth(nonce: string, port: number): string;
}

const secretName = 'agent-identity';

/** Reads the agent's key, or makes and keeps one. Throws what the secret store throws. */
export async function loadIdentity(secrets: Pick<SecretStore, 'get' | 'set'>): Promise<AgentIdentity> {
  const held = await secrets.get(secretName);
  if (held !== undefined) {
    return identityOf(createPrivateKey({ key: Buffer.from(held), format: 'der', type: 'pkcs8' }));
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  await secrets.set(secretName, privateKey.export({ format: 'der', type: 'pkcs8' }));
  return identityOf(privateKey);
}

export function identityOf(privateKey: KeyObject, instance: string = randomBytes(16).toString('hex')): AgentIdentity {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');
  return {
    instance,
    publicKey,
    signHealth: (nonce, port) =>
      sign(null, Buffer.from(healthMessage(nonce, port, instance), 'utf8'), privateKey).toString('base64'),
  };
}
