import { describe, expect, it } from 'vitest';
import { isServiceGone, normalizeStatus, smartCardError, statusCode, statusName } from '../../../../src/native/pcsc/status.ts';

describe('PC/SC status codes', () => {
  it('are the same number whether LONG has 32 or 64 bits', () => {
    expect(normalizeStatus(-2146435043)).toBe(0x8010001d);
    expect(normalizeStatus(0x8010001dn)).toBe(0x8010001d);
    expect(normalizeStatus(0)).toBe(0);
  });

  it('have names, or say their number', () => {
    expect(statusName(0x80100069)).toBe('SCARD_W_REMOVED_CARD');
    expect(statusName(0x80100099)).toBe('0x80100099');
  });

  it.each([
    ['SCARD_E_NO_SERVICE', 'SERVICE_UNAVAILABLE'],
    ['SCARD_E_SERVICE_STOPPED', 'SERVICE_UNAVAILABLE'],
    ['SCARD_E_INVALID_HANDLE', 'SERVICE_UNAVAILABLE'],
    ['ERROR_INVALID_HANDLE', 'SERVICE_UNAVAILABLE'],
    ['SCARD_E_UNKNOWN_READER', 'READER_UNAVAILABLE'],
    ['SCARD_E_NO_READERS_AVAILABLE', 'READER_UNAVAILABLE'],
    ['SCARD_W_REMOVED_CARD', 'CARD_REMOVED'],
    ['SCARD_E_NO_SMARTCARD', 'CARD_REMOVED'],
    ['SCARD_W_RESET_CARD', 'CARD_RESET'],
    ['SCARD_W_UNRESPONSIVE_CARD', 'CARD_MUTE'],
    ['SCARD_E_SHARING_VIOLATION', 'SHARING_VIOLATION'],
    ['SCARD_F_COMM_ERROR', 'COMMUNICATION'],
  ] as const)('%s means %s', (status, code) => {
    const error = smartCardError(statusCode(status));
    expect([error.code, error.status]).toEqual([code, status]);
  });

  it('tell when only a new context helps', () => {
    expect(isServiceGone(statusCode('SCARD_E_SERVICE_STOPPED'))).toBe(true);
    expect(isServiceGone(statusCode('SCARD_E_TIMEOUT'))).toBe(false);
  });
});
