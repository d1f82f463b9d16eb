/** The choices that the public sources of the format leave open. The defaults are the form of the ministry's sample. */
export interface SignatureProfile {
  /** Canonicalization of the first reference: none declared (inclusive C14N 1.0) or exc-c14n declared. */
  readonly reference1: 'inclusive' | 'exclusive';
  /** IssuerSerialV2 (RFC 5035) beside the certificate digest. */
  readonly issuerSerialV2: boolean;
  /** Zone in which SigningTime is written. */
  readonly signingTimeZone: '+00:00' | '+09:00';
}

export const sampleProfile: SignatureProfile = {
  reference1: 'inclusive',
  issuerSerialV2: false,
  signingTimeZone: '+00:00',
};
