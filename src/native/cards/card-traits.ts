/**
 * Ways to hand an RSA signature's input to an HPKI card (cards differ by generation):
 * the padded block in one extended command, the same in a chain of short ones, or the DigestInfo
 * alone by the older command, padded inside the card.
 */
export type SigningForm = 'block-extended' | 'block-chained' | 'digest-info';

/** What the driver has learned about one card by how it behaves. Kept as long as the process lives. */
export interface CardTraits {
  /** Whether the card and the reader take extended-length APDUs; undefined until tried. */
  extendedLength: boolean | undefined;
  /** The form by which this card has signed before. */
  signingForm: SigningForm | undefined;
}

export function unknownTraits(): CardTraits {
  return { extendedLength: undefined, signingForm: undefined };
}
