import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { DOMImplementation, DOMParser, XMLSerializer, type Document } from '@xmldom/xmldom';
import * as xadesjs from 'xadesjs';

/** What is used of xadesjs, in Node's terms: its own types are those of a browser. */
interface XadesjsOnNode {
  setNodeDependencies(dom: object): void;
  readonly Application: { setEngine(name: string, crypto: object): void };
  readonly SignedXml: new (document?: object) => {
    Sign(algorithm: object, key: webcrypto.CryptoKey, document: object, options: object): Promise<unknown>;
    GetXml(): Parameters<Document['importNode']>[0] | null;
    LoadXml(element: object): void;
    Verify(): Promise<boolean>;
  };
}
const library = xadesjs as unknown as XadesjsOnNode;

/** The value that the key operation gives instead of signing, while it is set. */
let givenValue: Uint8Array | null = null;

/** The platform's WebCrypto, whose `sign` can be told its answer. */
const engine = {
  subtle: new Proxy(webcrypto.subtle, {
    get(subtle, name) {
      if (name === 'sign' && givenValue !== null) return () => Promise.resolve(Uint8Array.from(givenValue ?? []).buffer);
      const found: unknown = Reflect.get(subtle, name, subtle);
      return typeof found === 'function' ? (found as (...args: unknown[]) => unknown).bind(subtle) : found;
    },
  }),
  getRandomValues: webcrypto.getRandomValues.bind(webcrypto),
};

/** xadesjs 2.6 over xmldom and the platform's WebCrypto, as its documentation sets it up for Node. */
let isReady = false;
function prepareXadesjs(): void {
  if (isReady) return;
  library.setNodeDependencies({ DOMParser, XMLSerializer, DOMImplementation });
  library.Application.setEngine('platform', engine);
  isReady = true;
}

/** Runs `work` with a key operation that costs nothing and answers `value`. */
export async function withGivenValue<T>(value: Uint8Array, work: () => Promise<T>): Promise<T> {
  givenValue = value;
  try {
    return await work();
  } finally {
    givenValue = null;
  }
}

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

export function importKey(pkcs8: Uint8Array): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), algorithm, false, ['sign']);
}

export interface XadesjsSigner {
  readonly privateKey: webcrypto.CryptoKey;
  readonly certificate: Uint8Array;
}

/** The same prescription in the same wrapper, signed by xadesjs. Its types want a browser's DOM, which is not here. */
export async function signByXadesjs(csv: Uint8Array, signer: XadesjsSigner): Promise<string> {
  prepareXadesjs();
  const base64 = Buffer.from(csv).toString('base64');
  const document = new DOMParser().parseFromString(
    '<?xml version="1.0" encoding="UTF-8"?><Document id="Document"><Prescription><PrescriptionManagement id="PrescriptionManagement"><Version Value="EP1.0"/></PrescriptionManagement>' +
      `<PrescriptionDocument id="PrescriptionDocument">${base64}</PrescriptionDocument><PrescriptionSign/></Prescription></Document>`,
    'text/xml',
  );
  const signed = new library.SignedXml();
  await signed.Sign(algorithm, signer.privateKey, document, {
    x509: [Buffer.from(signer.certificate).toString('base64')],
    signingCertificateV2: { certificate: Buffer.from(signer.certificate).toString('base64'), digestAlgorithm: 'SHA-256' },
    references: [{ uri: '#PrescriptionDocument', hash: 'SHA-256', transforms: ['c14n'] }],
  });
  const signature = signed.GetXml();
  if (signature === null) throw new Error('xadesjs gave no signature');
  const place = document.getElementsByTagName('PrescriptionSign')[0];
  if (place === undefined) throw new Error('no place for the signature');
  place.appendChild(document.importNode(signature, true));
  return new XMLSerializer().serializeToString(document);
}

/** A file of ours, verified by xadesjs. */
export async function verifyByXadesjs(xml: Uint8Array): Promise<boolean> {
  prepareXadesjs();
  const document = new DOMParser().parseFromString(Buffer.from(xml).toString('utf8'), 'text/xml');
  const [element] = document.getElementsByTagNameNS('http://www.w3.org/2000/09/xmldsig#', 'Signature');
  if (element === undefined) throw new Error('no signature');
  const signed = new library.SignedXml(document);
  signed.LoadXml(element);
  return signed.Verify();
}
