import type { KeyPurpose } from '../host/card-host.ts';

/**
 * Where things lie on an HPKI card, and how they are addressed. Source: JAHIS 24-002 "HPKI対応ICカード
 * ガイドライン Ver.3.1" for Annex B, public programs that drive real cards for the one in circulation.
 */

export type FileAddress =
  /** SELECT EF by its identifier, then READ BINARY from offset 0. */
  | { readonly by: 'identifier'; readonly ef: number }
  /** READ BINARY with a short file identifier in P1, which selects the file as well. */
  | { readonly by: 'short-identifier'; readonly sfi: number };

export interface HpkiLayout {
  readonly name: 'circulation' | 'annex-b';
  readonly certificate: FileAddress;
  /** Root, CA and sub-CA certificates; any of them may be missing. */
  readonly chain: readonly FileAddress[];
  /** P2 of VERIFY. */
  readonly pinReference: number;
  /** EF of the private key, to be selected for the older signing form. */
  readonly keyFile: number;
  /** Whether the key's EF is selected before MSE as well. */
  readonly selectsKeyFirst: boolean;
  /** Data of MSE:SET DST (ISO/IEC 7816-8): tag 84 key reference or 81 file reference. */
  readonly keyReference: Uint8Array;
}

const applicationPrefix = Uint8Array.from(Buffer.from('e828bd080fa000000391' + '0000000000', 'hex'));

/** One application for each purpose, with the same layout [F]. */
export const hpkiAids: Readonly<Record<KeyPurpose, Uint8Array>> = {
  signing: Uint8Array.from([...applicationPrefix, 0x01]),
  authentication: Uint8Array.from([...applicationPrefix, 0x02]),
};

const chainIdentifiers = [0x0019, 0x001a, 0x001b] as const;

export const circulationLayout: HpkiLayout = {
  name: 'circulation',
  certificate: { by: 'identifier', ef: 0x0016 },
  // [I] That cards in circulation keep their CA certificates where Annex B does: read where they are found.
  chain: chainIdentifiers.map((ef) => ({ by: 'identifier', ef })),
  pinReference: 0x88,
  keyFile: 0x000c,
  selectsKeyFirst: true,
  keyReference: Uint8Array.of(0x84, 0x02, 0x00, 0x0c),
};

export const annexBLayout: HpkiLayout = {
  name: 'annex-b',
  certificate: { by: 'short-identifier', sfi: 0x18 },
  chain: chainIdentifiers.map((sfi) => ({ by: 'short-identifier', sfi })),
  pinReference: 0x96,
  keyFile: 0x0017,
  selectsKeyFirst: false,
  keyReference: Uint8Array.of(0x81, 0x02, 0x00, 0x17),
};

/** In the order in which they are tried: every one known to be in circulation is of the first kind. */
export const layouts: readonly HpkiLayout[] = [circulationLayout, annexBLayout];
