/** The PEM blocks of RFC 7468 that the product reads. */
export type PemLabel = 'CERTIFICATE' | 'X509 CRL' | 'PRIVATE KEY';

const boundary = /-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----/g;

/**
 * Contents of all blocks with one of these labels, in order; certificates and CRLs where none is named. Text between
 * blocks and other blocks are passed over, and base64 is read leniently: what comes out is DER to be parsed.
 * SECURITY: one pass from boundary to boundary, linear in any text (test/unit/formats/pki/pem.test.ts).
 */
export function readPem(text: string, labels: readonly PemLabel[] = ['CERTIFICATE', 'X509 CRL']): Uint8Array[] {
  const wanted: ReadonlySet<string> = new Set(labels);
  const contents: Uint8Array[] = [];
  let begun: { readonly label: string; readonly from: number } | null = null;
  for (const match of text.matchAll(boundary)) {
    const [whole, side, label = ''] = match;
    if (side === 'BEGIN') begun = { label, from: match.index + whole.length };
    else {
      if (begun?.label === label && wanted.has(label)) {
        contents.push(new Uint8Array(Buffer.from(text.slice(begun.from, match.index), 'base64')));
      }
      begun = null;
    }
  }
  return contents;
}

/** One PEM block, 64 columns, with a newline at its end. */
export function writePem(der: Uint8Array, label: PemLabel = 'CERTIFICATE'): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
