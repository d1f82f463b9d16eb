export type PinFault = 'empty' | 'length' | 'characters' | 'fourDigits';

/** Checked before anything is presented, so that a slip costs no try. */
export type PinRule = (pin: Uint8Array) => PinFault | null;

/** What an HPKI card takes as a PIN: 4 to 16 printable ASCII characters. */
export const hpkiPin: PinRule = (pin) => {
  if (pin.length === 0) return 'empty';
  if (pin.some((byte) => byte < 0x20 || byte > 0x7e)) return 'characters';
  if (pin.length < 4 || pin.length > 16) return 'length';
  return null;
};

/** The PIN of a My Number card's authentication certificate: four digits. */
export const jpkiPin: PinRule = (pin) => {
  if (pin.length === 0) return 'empty';
  return pin.length === 4 && pin.every((byte) => byte >= 0x30 && byte <= 0x39) ? null : 'fourDigits';
};

/**
 * Reads the field once and empties it. The bytes are the caller's to hand on and to zero.
 * SECURITY: the field's string cannot be zeroed, only dropped at once; nothing else of the page ever holds it.
 * test/unit/renderer/signature-pin.test.ts
 */
export function takePin(field: HTMLInputElement): Uint8Array<ArrayBuffer> {
  const pin = new TextEncoder().encode(field.value);
  field.value = '';
  return pin;
}
