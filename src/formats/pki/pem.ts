/** PEM blocks of RFC 7468 with one of these labels; other blocks in the text are passed over. */
export type PemLabel = 'CERTIFICATE' | 'X509 CRL' | 'PRIVATE KEY';

const block = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----/g;

/** Contents of all blocks with this label, in order. Text between blocks is ignored; base64 is read leniently. */
export function readPem(text: string, label: PemLabel = 'CERTIFICATE'): Uint8Array[] {
  return [...text.matchAll(block)].flatMap(([, found, body = '']) =>
    found === label ? [new Uint8Array(Buffer.from(body, 'base64'))] : [],
  );
}

/** One PEM block, 64 columns, with a newline at its end. */
export function writePem(der: Uint8Array, label: PemLabel = 'CERTIFICATE'): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
