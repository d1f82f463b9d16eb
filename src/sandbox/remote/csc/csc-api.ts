import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import type { RemotePerson } from '../people.ts';
import type { CscAccess } from './csc-access.ts';
import { credentialInfo, listCredentials, rsaEncryption, sha256WithRsa, type CredentialParts } from './csc-credentials.ts';
import { CscSignatures } from './csc-signatures.ts';

export interface CscApiParts extends CredentialParts {
  readonly issuer: string;
  readonly access: CscAccess;
}

/** The routes of CSC API v2.0.0.2 that the sandbox serves, under /csc/v2. */
export function cscRoutes(parts: CscApiParts): readonly Route[] {
  const signatures = new CscSignatures(parts.signing, parts.clock, parts.multisign);
  type Method = (person: RemotePerson, body: Readonly<Record<string, unknown>>) => unknown;
  const method = (name: string, answer: Method): Route => ({
    name: `csc.${name.replace('/', '.')}`,
    method: 'POST',
    path: `/csc/v2/${name}`,
    async serve(exchange) {
      const person = await parts.access(exchange);
      exchange.answerJson(200, await answer(person, await exchange.json()));
    },
  });
  return [
    { name: 'csc.info', method: 'POST', path: '/csc/v2/info', serve: (exchange) => answerInfo(exchange, parts.issuer) },
    method('credentials/list', (person, body) => listCredentials(parts, person, body)),
    method('credentials/info', (person, body) => credentialInfo(parts, person, body)),
    method('credentials/authorize', (person, body) => signatures.authorize(person, body)),
    method('signatures/signHash', (person, body) => signatures.signHash(person, body)),
  ];
}

/** §11.1. */
async function answerInfo(exchange: Exchange, issuer: string): Promise<void> {
  await exchange.json();
  exchange.answerJson(200, {
    specs: '2.0.0.2',
    name: 'HPKI sandbox（試験用リモート署名）',
    logo: `${issuer}/csc/v2/logo.png`,
    region: 'JP',
    lang: 'ja-JP',
    description: '試験用のリモート署名サービス。本物の証明書ではありません。 / A remote signing service for tests. Its certificates are not real.',
    authType: ['oauth2code'],
    oauth2Issuer: issuer,
    asynchronousOperationMode: false,
    methods: ['info', 'credentials/list', 'credentials/info', 'credentials/authorize', 'signatures/signHash'],
    signAlgorithms: { algos: [rsaEncryption, sha256WithRsa] },
    signature_formats: { formats: [], envelope_properties: [] },
    conformance_levels: [],
  });
}
