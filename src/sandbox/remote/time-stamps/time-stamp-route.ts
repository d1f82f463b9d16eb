import { DerCursor, DerError, readDer, tags } from '../../../formats/pki/der.ts';
import { readBoolean, readOctetString, readOid, readSmallInteger } from '../../../formats/pki/der-values.ts';
import type { TestTsa } from '../../ca/test-tsa.ts';
import type { Route } from '../http/route.ts';
import type { ServiceClock } from '../service-clock.ts';
import { sandboxPolicy, writeGranted, writeRejection, writeTimeStampToken, type Failure, type ToStamp } from './time-stamp-token.ts';

/** Hashes and their bytes. */
const hashes: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.2.1': 32,
  '2.16.840.1.101.3.4.2.2': 48,
  '2.16.840.1.101.3.4.2.3': 64,
};

const type = { query: 'application/timestamp-query', reply: 'application/timestamp-reply' } as const;

/** Time-stamps over HTTP (RFC 3161 §3.4), by the service's clock. */
export function timeStampRoute({ tsa, clock }: { readonly tsa: TestTsa; readonly clock: ServiceClock }): Route {
  return {
    name: 'tsa',
    method: 'POST',
    path: '/tsa',
    async serve(exchange) {
      const asked = exchange.request.headers['content-type'] === type.query ? readRequest(await exchange.body()) : 'badRequest';
      const reply = typeof asked === 'string' ? writeRejection(asked) : writeGranted(writeTimeStampToken(tsa, asked, clock.date()));
      exchange.answerText(200, type.reply, Buffer.from(reply));
    },
  };
}

/** TimeStampReq (RFC 3161 §2.4.1). Extensions are refused, because none is understood. */
function readRequest(bytes: Uint8Array): ToStamp | Failure {
  try {
    const request = new DerCursor(readDer(bytes, 4096), tags.sequence);
    if (readSmallInteger(request.next(tags.integer)) !== 1) return 'badRequest';
    const messageImprint = request.next(tags.sequence);
    const imprint = new DerCursor(messageImprint);
    const size = hashes[readOid(new DerCursor(imprint.next(tags.sequence)).next(tags.oid))];
    if (size === undefined) return 'badAlg';
    if (readOctetString(imprint.next()).length !== size) return 'badDataFormat';
    imprint.end();
    const policy = request.optional(tags.oid);
    if (policy !== undefined && readOid(policy) !== sandboxPolicy) return 'unacceptedPolicy';
    const nonce = request.optional(tags.integer)?.encoded ?? null;
    const certReq = request.optional(tags.boolean);
    if (!request.done) return 'badRequest';
    return { messageImprint: messageImprint.encoded, nonce, withCertificate: certReq !== undefined && readBoolean(certReq) };
  } catch (error) {
    if (error instanceof DerError) return 'badDataFormat';
    throw error;
  }
}
