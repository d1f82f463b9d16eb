import type { CardIdentity } from './card-options.ts';

/** One application's elementary files by identifier (circulation) or short identifier (Annex B, same numbers). */
export interface ApplicationFiles {
  /** Readable without a PIN. */
  readonly readable: ReadonlyMap<number, Uint8Array>;
  /** Present, but never read: PIN and private key. */
  readonly hidden: ReadonlySet<number>;
  readonly keyFile: number;
  readonly pinReference: number;
  /** MSE data that points at the key. */
  readonly keyReference: Uint8Array;
  /** Circulation: MSE and the older signing form work on the selected key file. */
  readonly keyMustBeSelectedForMse: boolean;
}

export const aids = {
  signing: Uint8Array.from(Buffer.from('E828BD080FA000000391000000000001', 'hex')),
  authentication: Uint8Array.from(Buffer.from('E828BD080FA000000391000000000002', 'hex')),
} as const;

/** Files of the card in circulation, or of JAHIS 24-002 Annex B. No EF.DIR in either. */
export function applicationFiles(layout: 'circulation' | 'annex-b', identity: CardIdentity): ApplicationFiles {
  const chain: (readonly [number, Uint8Array])[] = [];
  if (identity.root !== undefined) chain.push([0x19, identity.root]);
  if (identity.ca !== undefined) chain.push([0x1a, identity.ca]);
  if (layout === 'circulation') {
    return {
      readable: new Map([[0x16, identity.certificate], ...chain]),
      hidden: new Set([0x02, 0x0c]),
      keyFile: 0x0c,
      pinReference: 0x88,
      keyReference: Uint8Array.of(0x84, 0x02, 0x00, 0x0c),
      keyMustBeSelectedForMse: true,
    };
  }
  return {
    readable: new Map([[0x18, identity.certificate], ...chain]),
    // 16 is the PIN here, where the card in circulation has its certificate.
    hidden: new Set([0x16, 0x17]),
    keyFile: 0x17,
    pinReference: 0x96,
    keyReference: Uint8Array.of(0x81, 0x02, 0x00, 0x17),
    keyMustBeSelectedForMse: false,
  };
}
