import type { CardKind } from './card-host.ts';

/** What the PIN of a kind of card looks like. Anything else is a slip of the hand, and costs no try. */
export interface PinForm {
  readonly description: string;
  readonly shortest: number;
  readonly longest: number;
  readonly fits: (pin: Uint8Array) => boolean;
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

export const pinForms: Readonly<Record<CardKind, PinForm>> = {
  /** JAHIS 24-002. */
  hpki: {
    description: '4 to 16 printable ASCII characters',
    shortest: 4,
    longest: 16,
    fits: (pin) => pin.length >= 4 && pin.length <= 16 && pin.every(isPrintable),
  },
  /** 利用者証明用電子証明書の暗証番号. */
  jpki: { description: '4 digits', shortest: 4, longest: 4, fits: (pin) => pin.length === 4 && pin.every(isDigit) },
};
