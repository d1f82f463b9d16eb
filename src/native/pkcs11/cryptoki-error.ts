import { CardError, type CardErrorCode } from '../host/card-host.ts';

/**
 * What a return value of a module means for the person at the reader (PKCS#11 v2.40 §5.1). Everything else is
 * CARD_MODULE_FAILED.
 */
const meanings: ReadonlyMap<number, CardErrorCode> = new Map([
  [0x3, 'CARD_REMOVED'], // CKR_SLOT_ID_INVALID: the reader is gone
  [0x30, 'CARD_REMOVED'], // CKR_DEVICE_ERROR: what modules say when a card leaves in the middle of a command
  [0x32, 'CARD_REMOVED'], // CKR_DEVICE_REMOVED
  [0xa0, 'PIN_INCORRECT'], // CKR_PIN_INCORRECT
  [0xa1, 'PIN_INCORRECT'], // CKR_PIN_INVALID
  [0xa2, 'PIN_INCORRECT'], // CKR_PIN_LEN_RANGE
  [0xa3, 'PIN_LOCKED'], // CKR_PIN_EXPIRED: like a locked one, only the issuer can help
  [0xa4, 'PIN_LOCKED'], // CKR_PIN_LOCKED
  [0xb0, 'CARD_REMOVED'], // CKR_SESSION_CLOSED
  [0xb3, 'CARD_REMOVED'], // CKR_SESSION_HANDLE_INVALID
  [0xe0, 'CARD_REMOVED'], // CKR_TOKEN_NOT_PRESENT
  [0xe1, 'CARD_REMOVED'], // CKR_TOKEN_NOT_RECOGNIZED: another card
]);

export const CKR_FUNCTION_CANCELED = 0x50;
export const CKR_USER_ALREADY_LOGGED_IN = 0x100;
export const CKR_USER_NOT_LOGGED_IN = 0x101;
export const CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191;

export const CKR_ATTRIBUTE_SENSITIVE = 0x11;
export const CKR_ATTRIBUTE_TYPE_INVALID = 0x12;

interface Answer {
  readonly name: string;
  readonly value: number;
  readonly method: string;
}

/** The module's answer behind an error of the binding, which gives it as fields, or (C_FindObjects) as text only. */
function answerOf(error: unknown): Answer | undefined {
  if (!(error instanceof Error)) return undefined;
  const method = 'method' in error && typeof error.method === 'string' && /^C_\w+$/.test(error.method) ? error.method : 'PKCS#11';
  const [, name, number] = /^(CKR_\w+)(?::(\d+))?/.exec(error.message) ?? [];
  if (name === undefined) return undefined;
  if (number !== undefined) return { name, value: Number(number), method };
  return 'code' in error && typeof error.code === 'number' ? { name, value: error.code, method } : undefined;
}

/** The CKR_ number behind an error; undefined when it is no answer of the module. */
export function returnValue(error: unknown): number | undefined {
  return answerOf(error)?.value;
}

/** `pinNotPresented`: no C_Login has been called for this signature yet. */
export function cardErrorOf(error: unknown, pinNotPresented: boolean): CardError {
  if (error instanceof CardError) return error;
  const value = returnValue(error);
  const code = (value === undefined ? undefined : meanings.get(value)) ?? 'CARD_MODULE_FAILED';
  return new CardError(code, describe(error), undefined, { pinNotPresented });
}

/** Function and return value; never the binding's own text or stack, which may quote arguments. */
function describe(error: unknown): string {
  const answer = answerOf(error);
  if (answer === undefined) return `the PKCS#11 binding failed (${error instanceof Error ? error.name : typeof error})`;
  return `${answer.method} answered ${answer.name} (0x${answer.value.toString(16)})`;
}
