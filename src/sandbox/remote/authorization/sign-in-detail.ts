import { errors } from 'oidc-provider';
import { z } from 'zod';

/**
 * The authorization detail (RFC 9396) by which a terminal says what the phone is to show, and the number that is to be
 * typed there. The number travels in the clear inside TLS: a hash of so few digits would hide nothing.
 */
export const signInDetailType = 'hpki_sign_in';

const text = z.string().trim().min(1).max(64);

const signInDetail = z.strictObject({
  type: z.literal(signInDetailType),
  number: z.string().regex(/^\d{2,6}$/),
  terminal: text,
  doctor: text,
  /** Counts only where the terminal has no client certificate, whose organization goes first. */
  facility: text.optional(),
});

export type SignInDetail = z.infer<typeof signInDetail>;

/** Throws InvalidAuthorizationDetails. */
export function checkSignInDetail(detail: unknown): SignInDetail {
  const read = signInDetail.safeParse(detail);
  if (read.success) return read.data;
  const where = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new errors.InvalidAuthorizationDetails(`hpki_sign_in: ${where}`);
}

/** The one detail of a request. Throws InvalidAuthorizationDetails where it has none or several. */
export function readSignInDetail(authorizationDetails: unknown): SignInDetail {
  const [detail, second] = typeof authorizationDetails === 'string' ? (JSON.parse(authorizationDetails) as unknown[]) : [];
  if (detail === undefined || second !== undefined) {
    throw new errors.InvalidAuthorizationDetails(`exactly one authorization detail of type ${signInDetailType} is needed`);
  }
  return checkSignInDetail(detail);
}
