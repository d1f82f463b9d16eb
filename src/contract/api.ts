/**
 * Requests and answers of the local API, version 1. The agent validates with these schemas and makes /openapi.json from
 * them; EHR samples and the command line take their types from here.
 */
import { z } from 'zod';
import { isCanonicalBase64 } from './base64.ts';
import { errorCodes, type ErrorCode } from './error-codes.ts';
import { staffIdPattern } from './staff-id.ts';

export const apiVersion = 1;

const isoTime = z.iso.datetime().describe('RFC 3339, UTC');
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/).describe('SHA-256, 64 lower-case hex digits');
const base64 = z
  .string()
  .min(4)
  .refine(isCanonicalBase64, { error: 'base64' })
  .meta({ contentEncoding: 'base64', description: 'base64 with padding, no line breaks (RFC 4648 §4)' });

/** Names may hold anything; whoever shows them makes them safe to show first. */
const personOrProgramName = z.string().min(1).max(128);

export const staffId = z.string().regex(staffIdPattern).describe('1–64 visible ASCII characters');
export const documentId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
/** The caller's own name for one body (the Idempotency-Key header). */
export const idempotencyKey = z.string().regex(/^[!-~]{1,128}$/);
export const maximumWaitSeconds = 120;
const waitSeconds = z.coerce.number().int().min(0).max(maximumWaitSeconds);

// ---- GET /health

export const healthQuery = z.object({
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16,128}$/).optional(),
});

export const healthAnswer = z.object({
  name: z.literal('hpki-agent'),
  version: z.string(),
  apiVersion: z.literal(apiVersion),
  instance: z.string().describe('changes with every start of the agent'),
  nonce: z.string().optional(),
  port: z.int().optional().describe('with a nonce'),
  signature: z.string().optional().describe('with a nonce: Ed25519, base64; see the signed lines in the documentation'),
});
export type HealthAnswer = z.infer<typeof healthAnswer>;

// ---- pairings

export const pairingRequest = z.strictObject({ clientName: personOrProgramName });
export const pairingAnswer = z.object({
  id: z.string(),
  expiresAt: isoTime,
  publicKey: z.string().describe("the agent's Ed25519 key, SPKI DER in base64: keep it, it proves the agent in /health"),
});
export type PairingAnswer = z.infer<typeof pairingAnswer>;

export const pairingConfirmation = z.strictObject({
  code: z.string().regex(/^[0-9]{6}$/).describe('the digits that the agent shows, typed by the person into the EHR'),
  tokenSha256: sha256Hex.describe(
    'SHA-256 (lower-case hex) of the token exactly as it will stand behind "Bearer ": make 32 random bytes, write them in base64url or hex, hash that text',
  ),
});
export const pairedAnswer = z.object({ clientId: z.string(), expiresAt: isoTime.nullable() });
export type PairedAnswer = z.infer<typeof pairedAnswer>;

// ---- GET /v1/status

const problemHint = z.object({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  title: z.string(),
  remedy: z.string(),
});

const cardAnswer = z.object({
  name: z.string(),
  role: z.string().nullable(),
  certificateSha256: sha256Hex,
  notAfter: isoTime,
  daysLeft: z.int(),
});

export const statusAnswer = z.object({
  version: z.string(),
  instance: z.string(),
  cardService: z.enum(['running', 'unavailable']),
  readers: z.array(
    z.object({
      name: z.string(),
      state: z
        .enum(['empty', 'reading', 'unknown_card', 'in_use', 'identity_card', 'ready'])
        .describe('identity_card: a card for authentication that signs nothing, as a My Number card'),
      card: cardAnswer.nullable(),
      authentication: z.enum(['hpki-card', 'mynumber-card']).nullable().describe('by which method of POST /v1/sessions this card can authenticate'),
    }),
  ),
  remote: z.object({
    configured: z.boolean(),
    provider: z.string().nullable(),
    sessions: z
      .array(z.object({ staffId: z.string(), method: z.enum(['smartphone', 'hpki-card', 'mynumber-card']), until: isoTime }))
      .describe("this client's own"),
  }),
  waiting: z.int().describe('signature requests that have not ended'),
  problems: z.array(problemHint).describe('what is wrong now and how to mend it'),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

// ---- signatures

const prescriptionToSign = z.strictObject({ id: documentId, type: z.literal('prescription'), csv: base64 });
const dispensingToSign = z.strictObject({
  id: documentId,
  type: z.literal('dispensing'),
  csv: base64,
  prescription: base64.describe('the signed prescription XML that the dispensing result nests'),
});

const maximumDocuments = 200;

export const signatureRequest = z.strictObject({
  staff: z.strictObject({ id: staffId, name: personOrProgramName }),
  method: z.enum(['auto', 'local', 'remote']).default('auto'),
  documents: z
    .array(z.discriminatedUnion('type', [prescriptionToSign, dispensingToSign]))
    .min(1)
    .max(maximumDocuments)
    .refine((documents) => new Set(documents.map((document) => document.id)).size === documents.length, {
      error: 'unique-ids',
    }),
  partial: z.boolean().default(false),
});

export const waitQuery = z.object({ wait: waitSeconds.optional() });

export const problemAnswer = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  number: z.int(),
  detail: z.string().optional(),
  remedy: z.string(),
  retriable: z.boolean(),
  triesLeft: z.int().nullable().optional(),
  documents: z
    .array(
      z.object({
        documentId: z.string().nullable(),
        line: z.int().nullable(),
        record: z.string().nullable(),
        field: z.string().nullable(),
        reason: z.string(),
      }),
    )
    .optional(),
  report: z.unknown().optional(),
  reference: z.string().optional(),
});
export type ProblemAnswer = z.infer<typeof problemAnswer>;

const documentAnswer = z.discriminatedUnion('state', [
  z.object({
    id: documentId,
    state: z.literal('signed'),
    xml: z.string().meta({ contentEncoding: 'base64' }),
    sha256: sha256Hex,
    warnings: z.array(z.string()),
  }),
  z.object({ id: documentId, state: z.literal('failed'), problem: problemAnswer }),
]);

export const signedAnswer = z.object({
  id: z.string(),
  state: z.literal('signed'),
  method: z.enum(['local', 'remote']),
  signer: z.object({
    name: z.string(),
    role: z.string().nullable(),
    certificateSha256: sha256Hex,
    notAfter: isoTime,
  }),
  signedAt: isoTime,
  audit: z.object({ seq: z.int(), hash: z.string() }),
  documents: z.array(documentAnswer),
});
export type SignedAnswer = z.infer<typeof signedAnswer>;

export const pendingAnswer = z.object({
  id: z.string(),
  state: z.enum(['received', 'awaiting_card', 'awaiting_consent', 'awaiting_pin', 'awaiting_phone', 'signing']),
  reason: z.string().nullable(),
});

export const endedAnswer = z.object({
  id: z.string(),
  state: z.enum(['failed', 'cancelled', 'expired']),
  problem: problemAnswer,
});

export const signatureAnswer = z.union([signedAnswer, pendingAnswer, endedAnswer]);
export type SignatureAnswer = z.infer<typeof signatureAnswer>;

// ---- GET /v1/events: `event: signature` carries this; `event: readiness` carries a statusAnswer

export const signatureEvent = z.object({
  id: z.string(),
  state: z.enum([...pendingAnswer.shape.state.options, 'signed', ...endedAnswer.shape.state.options]),
  reason: z.string().nullable(),
  code: z.string().nullable().describe('the error code of a request that did not end signed'),
});
export type SignatureEvent = z.infer<typeof signatureEvent>;

// ---- sessions for remote signing

export const sessionRequest = z.strictObject({
  staffId,
  staffName: personOrProgramName.optional().describe('shown in the window and on the phone'),
  method: z.enum(['smartphone', 'hpki-card', 'mynumber-card']).describe('suggested to the person, who may choose another one that this terminal offers'),
});
export type SessionMethod = z.infer<typeof sessionRequest>['method'];

export const sessionAnswer = z.object({
  staffId: z.string(),
  ready: z.boolean(),
  until: isoTime.nullable(),
  state: z.enum(['not_configured', 'not_authenticated', 'authenticating', 'ready']),
  method: sessionRequest.shape.method.nullable(),
  reason: z.string().nullable(),
});
export type SessionAnswer = z.infer<typeof sessionAnswer>;

// ---- POST /v1/verifications

export const verificationRequest = z.strictObject({ xml: base64 });

const verdict = z.enum(['VALID', 'INVALID', 'INDETERMINATE']);

export interface VerificationAnswer {
  readonly verdict: z.infer<typeof verdict>;
  readonly documentType: 'prescription' | 'dispensing' | null;
  readonly level: 'BES' | 'T' | 'XL' | 'A' | null;
  readonly signer: {
    readonly name: string;
    readonly kanjiName: string | null;
    readonly role: string | null;
    readonly certificateSha256: string;
    readonly notBefore: string;
    readonly notAfter: string;
  } | null;
  readonly signingTime: string | null;
  readonly checkedAt: string;
  readonly checks: readonly {
    readonly id: string;
    readonly verdict: z.infer<typeof verdict>;
    readonly title: string;
    readonly reason: string;
  }[];
  readonly nested: VerificationAnswer | null;
}

export const verificationAnswer: z.ZodType<VerificationAnswer> = z.object({
  verdict,
  documentType: z.enum(['prescription', 'dispensing']).nullable(),
  level: z.enum(['BES', 'T', 'XL', 'A']).nullable(),
  signer: z
    .object({
      name: z.string(),
      kanjiName: z.string().nullable(),
      role: z.string().nullable(),
      certificateSha256: sha256Hex,
      notBefore: isoTime,
      notAfter: isoTime,
    })
    .nullable(),
  signingTime: isoTime.nullable(),
  checkedAt: isoTime,
  checks: z.array(z.object({ id: z.string(), verdict, title: z.string(), reason: z.string() })),
  nested: z.lazy(() => verificationAnswer).nullable(),
}).meta({ title: 'VerificationReport' });
