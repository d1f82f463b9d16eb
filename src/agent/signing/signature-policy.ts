import type { SignatureProfile } from '../../formats/xades/signature-profile.ts';

/** What policy decides about signatures. The agent's settings have this shape and are passed as they are. */
export interface SignaturePolicy {
  /** How long a typed PIN serves. A batch in one request always asks once. */
  readonly pin: 'every-signature' | 'until-card-removed' | { readonly minutes: number };
  /** Where no window is shown, a person confirms again after so much. */
  readonly bounds: { readonly documentsPerSession: number; readonly requestsPerHour: number };
  readonly deadlines: { readonly consentSeconds: number; readonly cardSeconds: number };
  readonly staff: {
    /** Who may tie a staff id to a certificate: the person at first use, policy, or an administrator alone. */
    readonly binding: 'ask' | 'preset' | 'admin';
    readonly preset: readonly { readonly staffId: string; readonly certificateSha256: string }[];
  };
  readonly signature: SignatureProfile;
  /** A terminal that is for authentication only signs nothing. */
  readonly terminal: { readonly signs: boolean };
}

/** Requests that may wait while one is served; docs/ehr tells EHR makers. */
export const maxWaitingRequests = 20;

/** A PIN session with no time of its own still ends with the working day. */
export const longestPinSessionMs = 12 * 60 * 60 * 1000;

/** A PIN typed for one request must last for its documents at the slowest card call that is waited for. */
export const pinMsPerDocument = 60_000;

/** How long, and how much, finished results are held in memory for `GET`. A repeated `POST` needs neither. */
export const resultsHeld = { ms: 15 * 60 * 1000, bytes: 4 * 1024 * 1024 } as const;
