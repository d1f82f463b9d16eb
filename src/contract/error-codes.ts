import { agentErrors } from './error-codes/agent.ts';
import { callerErrors } from './error-codes/callers.ts';
import { cardErrors } from './error-codes/cards.ts';
import { documentErrors } from './error-codes/documents.ts';
import { networkErrors } from './error-codes/network.ts';
import { remoteErrors } from './error-codes/remote-signing.ts';
import { requestErrors } from './error-codes/requests.ts';

export type { ErrorCodeEntry } from './error-codes/error-code-entry.ts';

/**
 * The one table of error codes: docs/ehr and OpenAPI are made from it, and a test reaches every entry.
 * Codes may be added, never renamed; numbers are never used twice. 401 is kept for NOT_PAIRED, because EHRs drop
 * their pairing on it; 408 and 425 are never used, because browsers resend on them.
 */
export const errorCodes = {
  ...callerErrors,
  ...documentErrors,
  ...cardErrors,
  ...requestErrors,
  ...remoteErrors,
  ...networkErrors,
  ...agentErrors,
} as const;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

export type NetworkErrorCode = keyof typeof networkErrors;

export const networkErrorCodes = Object.keys(networkErrors) as readonly NetworkErrorCode[];
