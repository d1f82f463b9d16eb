/** The PEM blocks of RFC 7468 that the product reads. */
export type PemLabel = 'CERTIFICATE' | 'X509 CRL' | 'PRIVATE KEY';

const block = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----/g;

/**
 * Contents of all blocks with one of these labels, in order; certificates and CRLs where none is named. Text between
 * blocks and other blocks are passed over, and base64 is read leniently: what comes out is DER to be parsed.
 */
export function readPem(text: string, labels: readonly PemLabel[] = ['CERTIFICATE', 'X509 CRL']): Uint8Array[] {
  const wanted: ReadonlySet<string> = new Set(labels);
  return [...text.matchAll(block)].flatMap(([, label = '', body = '']) =>
    wanted.has(label) ? [new Uint8Array(Buffer.from(body, 'base64'))] : [],
  );
}

/** One PEM block, 64 columns, with a newline at its end. */
export function writePem(der: Uint8Array, label: PemLabel = 'CERTIFICATE'): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
