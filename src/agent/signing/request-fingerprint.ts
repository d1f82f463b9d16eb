import { hash } from 'node:crypto';
import type { SignatureRequest } from './signature-service.ts';

/** SHA-256, lower-case hex, of the scope of one idempotency key: its client and the key itself. */
export function fingerprintKey(clientId: string, idempotencyKey: string): string {
  return sha256(JSON.stringify([clientId, idempotencyKey]));
}

/** SHA-256, lower-case hex, of what was asked. Two bodies that mean the same have the same fingerprint. */
export function fingerprintBody(request: SignatureRequest): string {
  const documents = request.documents.map((document) => [
    document.id,
    document.type,
    sha256(document.csv),
    document.type === 'dispensing' ? sha256(document.prescription) : null,
  ]);
  return sha256(JSON.stringify([request.staff.id, request.staff.name, request.method, request.partial, documents]));
}

export function sha256(bytes: Uint8Array | string): string {
  return hash('sha256', bytes);
}
