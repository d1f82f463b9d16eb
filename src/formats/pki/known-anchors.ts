import type { Bilingual } from '../bilingual.ts';

/**
 * Real HPKI CAs by fingerprint. The product ships no dated certificate: an administrator imports the root, or the card
 * hands it out, and it is recognised here.
 */
export interface KnownAnchor {
  /** SHA-256 of the certificate, lower-case hex. */
  readonly sha256: string;
  readonly kind: 'root' | 'signing-ca' | 'authentication-ca';
  readonly name: Bilingual;
}

export const knownAnchors: readonly KnownAnchor[] = [
  {
    sha256: '6ed2796b1b101736d952185787cb36da9ce80522cc8cb7b5ce728b61be1b674c',
    kind: 'root',
    name: { ja: '厚生労働省 HPKI ルート認証局 V2', en: 'MHLW HPKI Root CA V2' },
  },
  {
    sha256: '5f497e73f986c4503eb25eb94851a79193d2edc8f829f32e930a61f0b569e033',
    kind: 'signing-ca',
    name: { ja: 'MEDIS HPKI 署名用認証局', en: 'MEDIS HPKI signing CA' },
  },
  {
    // One source only; it is never an anchor by itself.
    sha256: '476b64ddd92129cad257906d206fff4e8e32390faf2f64892f6c810cfff54bc3',
    kind: 'authentication-ca',
    name: { ja: 'MEDIS HPKI 認証用認証局', en: 'MEDIS HPKI authentication CA' },
  },
];

/** Roots that are trusted wherever they are found: on a card, in a chain, in an administrator's file. */
export const knownRootFingerprints: ReadonlySet<string> = new Set(
  knownAnchors.filter(({ kind }) => kind === 'root').map(({ sha256 }) => sha256),
);
