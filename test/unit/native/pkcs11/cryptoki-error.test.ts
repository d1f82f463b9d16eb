import { describe, expect, it } from 'vitest';
import { CardError } from '../../../../src/native/host/card-host.ts';
import { cardErrorOf, returnValue } from '../../../../src/native/pkcs11/cryptoki-error.ts';

/** As pkcs11js throws it: fields, or (C_FindObjects) the text alone. */
function answer(name: string, value: number, method = 'C_Login'): Error {
  return Object.assign(new Error(name), { name: 'Pkcs11Error', code: value, method, nativeStack: 'at secret 4711' });
}

describe('an answer of a PKCS#11 module', () => {
  it.each([
    ['CKR_PIN_INCORRECT', 0xa0, 'PIN_INCORRECT'],
    ['CKR_PIN_LEN_RANGE', 0xa2, 'PIN_INCORRECT'],
    ['CKR_PIN_LOCKED', 0xa4, 'PIN_LOCKED'],
    ['CKR_DEVICE_REMOVED', 0x32, 'CARD_REMOVED'],
    ['CKR_TOKEN_NOT_PRESENT', 0xe0, 'CARD_REMOVED'],
    ['CKR_SESSION_HANDLE_INVALID', 0xb3, 'CARD_REMOVED'],
    ['CKR_USER_ALREADY_LOGGED_IN', 0x100, 'CARD_MODULE_FAILED'],
    ['CKR_GENERAL_ERROR', 0x5, 'CARD_MODULE_FAILED'],
  ])('%s means %s', (name, value, code) => {
    const error = cardErrorOf(answer(name, value), false);
    expect(error.code).toBe(code);
    expect(error.detail).toBe(`C_Login answered ${name} (0x${value.toString(16)})`);
  });

  it('is read from text alone too', () => {
    expect(returnValue(new Error('CKR_DEVICE_REMOVED:50\n    at PKCS11.C_FindObjects'))).toBe(0x32);
    expect(returnValue(new Error('no such thing'))).toBeUndefined();
    expect(returnValue('CKR_OK:0')).toBeUndefined();
  });

  it('quotes nothing of the binding\'s own text', () => {
    const errors = [answer('CKR_GENERAL_ERROR', 5, '4711'), new TypeError('Argument 2 has wrong type: 4711'), '4711'];
    for (const error of errors) expect(cardErrorOf(error, false).message).not.toContain('4711');
  });

  it('says whether the PIN had left, and leaves a CardError as it is', () => {
    expect(cardErrorOf(answer('CKR_DEVICE_REMOVED', 0x32), true).pinNotPresented).toBe(true);
    const known = new CardError('CARD_UNKNOWN', 'swapped');
    expect(cardErrorOf(known, false)).toBe(known);
  });
});
