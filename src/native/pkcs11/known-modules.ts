/**
 * Where vendors install their modules, so that `doctor` can name one that machine policy does not list yet. Nothing
 * is loaded from here by itself. Source: JAHIS 24-002 and the vendors' installers; not tried on a real one.
 */
export interface KnownModule {
  readonly path: string;
  readonly purpose: 'hpki-signing' | 'hpki-authentication' | 'jpki-signing' | 'jpki-authentication';
}

const windows: readonly KnownModule[] = [
  { path: 'C:\\Windows\\System32\\HpkiSigP11_MPKCS11H.dll', purpose: 'hpki-signing' },
  { path: 'C:\\Windows\\System32\\HpkiAuthP11_MPKCS11H.dll', purpose: 'hpki-authentication' },
  { path: 'C:\\Program Files\\JPKI\\JPKIPKCS11Sign64.dll', purpose: 'jpki-signing' },
  { path: 'C:\\Program Files\\JPKI\\JPKIPKCS11Auth64.dll', purpose: 'jpki-authentication' },
];

/** No vendor offers an HPKI module for macOS or Linux: there the direct driver signs. */
export function knownModules(platform: NodeJS.Platform): readonly KnownModule[] {
  return platform === 'win32' ? windows : [];
}
