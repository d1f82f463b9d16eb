import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writePem } from '../../formats/pki/pem.ts';
import type { RemoteService } from './remote-service.ts';

/** Facility code of the samples. */
const institutionCode = '9999999';

/**
 * Writes what a terminal needs to use the service: `tls-root.pem`, `tsa-root.pem`, `facility.pem` with
 * `SANDBOX-facility.key.pem`, HPKI's `trust.pem`, `chain.pem` and `crl.pem`, `addresses.json`, and `policy.json`, which names
 * them all to the agent. Resolves with the paths.
 */
export async function writeTerminalFiles({ addresses, trust }: RemoteService, folder: string): Promise<readonly string[]> {
  const { ca, tlsCa, tsa, facility } = trust;
  const place = (name: string): string => path.join(path.resolve(folder), name);
  const files: Readonly<Record<string, string>> = {
    'tls-root.pem': tlsCa.serverRoot,
    'tsa-root.pem': tsa.root,
    'facility.pem': facility.certificate,
    'SANDBOX-facility.key.pem': facility.privateKey,
    'trust.pem': writePem(ca.root.certificate.der),
    'chain.pem': [ca.signing, ca.authentication].map(({ certificate }) => writePem(certificate.der)).join(''),
    'crl.pem': ca.crls().map(({ der }) => writePem(der, 'X509 CRL')).join(''),
    'addresses.json': `${JSON.stringify(addresses, null, 2)}\n`,
    'policy.json': `${JSON.stringify(terminalPolicy(addresses, place), null, 2)}\n`,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(place(name), text, { mode: name.includes('.key.') ? 0o600 : 0o644 });
  return Object.keys(files).map(place);
}

/** Both ways of the service as the agent's machine policy names them. The first provider that offers a method serves it. */
function terminalPolicy({ csc, kagura }: RemoteService['addresses'], place: (name: string) => string): unknown {
  return {
    trust: { anchors: [place('trust.pem')], chain: [place('chain.pem')], crlDir: path.dirname(place('crl.pem')) },
    network: {
      proxy: 'direct',
      extraCa: [place('tls-root.pem')],
      clientCertificate: { certificate: place('facility.pem'), key: place('SANDBOX-facility.key.pem') },
    },
    remote: {
      providers: [
        { kind: 'csc', name: 'sandbox-csc', issuer: csc.issuer, serviceUrl: csc.base, clientId: csc.clientId },
        {
          kind: 'kagura',
          name: 'sandbox-kagura',
          issuer: kagura.issuer,
          authorizationUrl: kagura.authorization,
          tokenUrl: kagura.token,
          signatureUrl: kagura.sign,
          revocationUrl: kagura.revocation,
          redirectUrl: kagura.redirectUri,
          jwksUrl: kagura.keys,
          allowedOrigins: kagura.loginOrigins,
          institution: { MedicalInstitutionCode: institutionCode },
        },
      ],
    },
  };
}
