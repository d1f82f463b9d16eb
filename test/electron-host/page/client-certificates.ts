/**
 * TLS client authentication as far as it can be played: no protocol reaches Chromium's own choice of a certificate, so
 * where a server asks for one and the played system has one that fits, the model speaks TLS itself and hands Chromium the
 * answer. The list that the app sees is made of what the server asks for.
 */
import { X509Certificate } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type * as Electron from 'electron';
import { parseCertificate } from '../../../src/formats/pki/certificate.ts';
import type { PlayedClientCertificate } from '../electron/record.ts';
import { certificateOf } from './server-certificate.ts';

const handshakeRecord = 22;
const changeCipherSpec = 20;
const certificateRequest = 13;

/**
 * The issuers whose certificates a server asks for, as DER names; null where it asks for none. A handshake of TLS 1.2
 * without a certificate tells, because its messages are in the clear (RFC 5246 §7.4.4). What speaks TLS 1.3 alone is not heard.
 */
export function issuersAskedFor(host: string, port: number): Promise<readonly Buffer[] | null> {
  return new Promise((resolve, reject) => {
    const heard: Buffer[] = [];
    const raw = connectTcp(port, host);
    const tap = new Duplex({
      read() { /* pushed below */ },
      write: (chunk: Buffer, _encoding, done) => void raw.write(chunk, done),
    });
    raw.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      tap.push(chunk);
    });
    raw.on('error', reject);
    raw.setTimeout(10_000, () => raw.destroy(new Error('electron-host: the server does not shake hands')));
    const socket = connect({ socket: tap, servername: host, rejectUnauthorized: false, maxVersion: 'TLSv1.2' }, () => {
      raw.destroy();
      resolve(issuersIn(Buffer.concat(heard)));
    });
    socket.on('error', (error: Error) => {
      raw.destroy();
      reject(error);
    });
  });
}

function issuersIn(records: Buffer): readonly Buffer[] | null {
  const clear: Buffer[] = [];
  for (let at = 0; at + 5 <= records.length && records[at] !== changeCipherSpec; at += 5 + records.readUInt16BE(at + 3)) {
    if (records[at] === handshakeRecord) clear.push(records.subarray(at + 5, at + 5 + records.readUInt16BE(at + 3)));
  }
  const messages = Buffer.concat(clear);
  for (let at = 0; at + 4 <= messages.length; at += 4 + messages.readUIntBE(at + 1, 3)) {
    if (messages[at] === certificateRequest) return namesIn(messages.subarray(at + 4, at + 4 + messages.readUIntBE(at + 1, 3)));
  }
  return null;
}

/** certificate_types<1..>, supported_signature_algorithms<2..>, certificate_authorities<0..>. */
function namesIn(body: Buffer): readonly Buffer[] {
  const algorithms = 1 + body.readUInt8(0);
  const authorities = algorithms + 2 + body.readUInt16BE(algorithms);
  const names: Buffer[] = [];
  for (let at = authorities + 2; at + 2 <= body.length; at += 2 + body.readUInt16BE(at)) names.push(body.subarray(at + 2, at + 2 + body.readUInt16BE(at)));
  return names;
}

/** Those of the played system that the server would take. */
export function fitting(held: readonly PlayedClientCertificate[], issuers: readonly Buffer[]): readonly PlayedClientCertificate[] {
  return held.filter(({ certificate }) => issuers.length === 0 || issuers.some((issuer) => issuer.equals(parseCertificate(new X509Certificate(certificate).raw).issuerDer)));
}

/** As Electron's event has it: the app's choice, or none; where nobody prevents the default, the first. */
export function choose(offered: readonly PlayedClientCertificate[], ask: (list: Electron.Certificate[], answer: (chosen?: Electron.Certificate | null) => void) => boolean): Promise<PlayedClientCertificate | null> {
  const list = offered.map(({ certificate }) => certificateOf([new X509Certificate(certificate)]));
  return new Promise((resolve) => {
    const isPrevented = ask(list, (chosen) => {
      const at = chosen === undefined || chosen === null ? -1 : list.findIndex(({ data }) => data === chosen.data);
      resolve(offered[at] ?? null);
    });
    if (!isPrevented) resolve(offered[0] ?? null);
  });
}

export interface Exchanged {
  readonly status: number;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: Buffer;
}

/** The request, in a connection that shows this certificate. The server's own was judged before. */
export function exchangeWith({ certificate, key }: PlayedClientCertificate, url: URL, method: string, headers: Readonly<Record<string, string>>, body: string | undefined): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(url, { method, headers, cert: certificate, key, rejectUnauthorized: false, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const names = answer.rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [{ name, value: answer.rawHeaders[at + 1] ?? '' }] : []));
        resolve({ status: answer.statusCode ?? 0, headers: names, body: Buffer.concat(parts) });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
