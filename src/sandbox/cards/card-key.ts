import { constants, privateEncrypt, type KeyObject } from 'node:crypto';

/** What the terminal hands in: the block already padded (EMSA-PKCS1-v1_5), or the DigestInfo that the card pads. */
export type SignatureInput = 'block' | 'digest-info';

/** RSA as a card does it; undefined if the input does not fit. */
export function signInCard(privateKey: KeyObject, form: SignatureInput, input: Uint8Array): Uint8Array | undefined {
  try {
    return privateEncrypt({ key: privateKey, padding: form === 'block' ? constants.RSA_NO_PADDING : constants.RSA_PKCS1_PADDING }, input);
  } catch {
    return undefined;
  }
}
