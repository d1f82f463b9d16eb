import { ProblemError } from '../../../../contract/problem.ts';
import type { DocumentType } from '../../../../formats/prescription/document.ts';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import type { KaguraSettings } from '../../../config/remote-settings.ts';
import { isTurnedAway, suspendedService } from '../suspended-service.ts';

interface Digest {
  readonly type: DocumentType;
  readonly digest: Uint8Array;
}

/**
 * One call for each digest: the service makes the whole `Signature` element and signs it. A call that was sent is waited for,
 * also after the signal: its signature exists.
 */
export async function* signDigests(
  settings: KaguraSettings,
  fetch: ServiceFetch,
  bearer: string,
  documents: readonly Digest[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  for (const document of documents) {
    if (signal.aborted) return;
    yield await signDigest(settings, fetch, bearer, document);
  }
}

async function signDigest({ signatureUrl, names, institution, tokenErrors }: KaguraSettings, fetch: ServiceFetch, bearer: string, { type, digest }: Digest): Promise<Uint8Array> {
  const response = await fetch(signatureUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      ...institution,
      [names.token]: bearer,
      [names.digest]: Buffer.from(digest).toString('base64'),
      ...(names.documentType === null ? {} : { [names.documentType]: type }),
    }),
    repeatable: false,
  });
  if (isTurnedAway(response)) throw suspendedService(response);
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.status !== 200) throw refusal(response.status, fieldOf(answer, names.errorCode), tokenErrors);
  const element = fieldOf(answer, names.element);
  if (element === null) throw lost({ ja: '署名サービスの応答に署名がありません。', en: "The service's answer holds no signature." });
  return new Uint8Array(Buffer.from(element, 'utf8'));
}

function fieldOf(answer: unknown, name: string): string | null {
  const value: unknown = typeof answer === 'object' && answer !== null && Object.hasOwn(answer, name) ? (answer as Record<string, unknown>)[name] : null;
  return typeof value === 'string' ? value : null;
}

/** Of the service's own words only a code of plain letters is handed on. A call that broke inside the service may have signed. */
function refusal(status: number, code: string | null, tokenErrors: readonly string[]): ProblemError {
  if (status === 401 || (code !== null && tokenErrors.includes(code))) return new ProblemError({ code: 'TOKEN_EXPIRED', detail: null });
  const word = code !== null && /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? `${status} ${code}` : String(status);
  const detail = { ja: `署名サービスの応答: ${word}。`, en: `The service answered ${word}.` };
  return status >= 500 ? lost(detail) : new ProblemError({ code: 'PROVIDER_REFUSED', detail });
}

function lost(detail: { readonly ja: string; readonly en: string }): ProblemError {
  return new ProblemError({ code: 'REMOTE_ANSWER_LOST', detail });
}
