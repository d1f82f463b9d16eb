import { z } from 'zod';

const arming = {
  /** Endpoint by name; every one where left out. */
  on: z.string().optional(),
  /** So many matching calls pass unharmed first. */
  after: z.int().min(0).default(0),
  /** How many calls are hit; null for all that follow. */
  times: z.int().min(1).nullable().default(1),
};

/** Faults on the wire: they hit a call before or after it is served. */
const wireFaults = [
  z.strictObject({ ...arming, kind: z.literal('latency'), milliseconds: z.int().min(0).max(600_000) }),
  /** 429 with Retry-After, 503 and the like; nothing is done. */
  z.strictObject({ ...arming, kind: z.literal('status'), status: z.int().min(400).max(599), retryAfter: z.int().min(0).optional() }),
  /** The request is read, no answer ever comes, and the connection stays. */
  z.strictObject({ ...arming, kind: z.literal('half-open') }),
  /** The connection ends when the request's head has come; its body is not read. */
  z.strictObject({ ...arming, kind: z.literal('cut-before-read') }),
  /** The whole request is read, nothing is done, the connection ends. */
  z.strictObject({ ...arming, kind: z.literal('cut-after-read') }),
  /** Everything is done, only the answer is lost. */
  z.strictObject({ ...arming, kind: z.literal('cut-after-work') }),
  /** The tokens of everybody are revoked before the call is served. */
  z.strictObject({ ...arming, kind: z.literal('revoke-tokens') }),
] as const;

/** Faults in what the service says and signs. */
const contentFaults = [
  /** RFC 8628 §3.5: the poll hears slow_down, however patient it was. */
  z.strictObject({ ...arming, kind: z.literal('slow-down') }),
  /** A digest that nobody sent is signed. */
  z.strictObject({ ...arming, kind: z.literal('wrong-hash') }),
  /** Another doctor's key signs, or one whose role does not fit. */
  z.strictObject({ ...arming, kind: z.literal('wrong-certificate'), whose: z.enum(['other-doctor', 'wrong-role']) }),
  /** The element signs a document other than the one whose digest was sent, and its reference says so. */
  z.strictObject({ ...arming, kind: z.literal('modified-document') }),
  /** The phone is not asked to verify its user: what a phone that lies would send. */
  z.strictObject({ ...arming, kind: z.literal('user-verification-missing') }),
] as const;

export const faultSchema = z.discriminatedUnion('kind', [...wireFaults, ...contentFaults]);

export type Fault = z.infer<typeof faultSchema>;
/** As a test writes one. */
export type FaultToArm = z.input<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

export type WireFault = z.infer<(typeof wireFaults)[number]>;
export const wireFaultKinds: readonly WireFault['kind'][] = wireFaults.map((schema) => schema.shape.kind.value);
