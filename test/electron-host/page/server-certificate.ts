/** What a TLS server shows: Chromium tells that it objects to a certificate, not which it is, so the model looks for itself. */
import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type * as Electron from 'electron';

/** The server's certificates, its own first. Nothing is sent to it. */
export function presentedChain(host: string, port: number): Promise<readonly X509Certificate[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: host, rejectUnauthorized: false }, () => {
      const chain: X509Certificate[] = [];
      for (let next = socket.getPeerX509Certificate(); next !== undefined && !chain.some(({ raw }) => raw.equals(next?.raw ?? raw)); next = next.issuerCertificate) chain.push(next);
      socket.destroy();
      resolve(chain);
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error('electron-host: the server shows no certificate')));
    socket.on('error', reject);
  });
}

/** As Electron hands one out. */
export function certificateOf([first, ...issuers]: readonly X509Certificate[]): Electron.Certificate {
  if (first === undefined) throw new Error('electron-host: a server without a certificate');
  const principal = (name: string): Electron.CertificatePrincipal => {
    const all = (type: string): string[] => name.split('\n').flatMap((line) => (line.startsWith(`${type}=`) ? [line.slice(type.length + 1)] : []));
    const one = (type: string): string => all(type)[0] ?? '';
    return { commonName: one('CN'), organizations: all('O'), organizationUnits: all('OU'), locality: one('L'), state: one('ST'), country: one('C') };
  };
  const [issuer, subject] = [principal(first.issuer), principal(first.subject)];
  return {
    data: first.toString(),
    fingerprint: `sha256/${Buffer.from(first.fingerprint256.replaceAll(':', ''), 'hex').toString('base64')}`,
    issuer,
    issuerName: issuer.commonName,
    // Electron's type promises one always; the last has none.
    issuerCert: (issuers.length === 0 ? undefined : certificateOf(issuers)) as Electron.Certificate,
    serialNumber: first.serialNumber,
    subject,
    subjectName: subject.commonName,
    validStart: first.validFromDate.getTime() / 1000,
    validExpiry: first.validToDate.getTime() / 1000,
  };
}
