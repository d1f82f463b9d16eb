import { hash } from 'node:crypto';
import type { DocumentType } from '../../../formats/prescription/document.ts';
import { wrapperNames } from '../../../formats/prescription/wrapper.ts';
import { sha256Base64, toBase64 } from '../../../formats/xades/digests.ts';
import { signatureIds } from '../../../formats/xades/signature-ids.ts';
import { sampleProfile, type SignatureProfile } from '../../../formats/xades/signature-profile.ts';
import { keyInfo, signedInfo, signedProperties } from '../../../formats/xades/signed-parts.ts';
import { dsNamespace, xadesNamespace } from '../../../formats/xades/vocabulary.ts';
import type { IssuedCertificate } from '../../ca/test-ca.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { RefusedRequest, type Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';
import type { SigningDesk } from '../signing-desk.ts';
import type { IdTokens } from './id-tokens.ts';
import type { KaguraContract } from './kagura-contract.ts';

export interface KaguraSignatureParts {
  readonly contract: KaguraContract;
  readonly tokens: IdTokens;
  readonly signing: SigningDesk;
  readonly faults: FaultInjector;
  readonly clock: ServiceClock;
}

const endpoint = 'kagura.sign';

/** Digest in, signed element out: the service makes the whole ds:Signature, and never sees the document. */
export function kaguraSignatureRoute(parts: KaguraSignatureParts): Route {
  return {
    name: endpoint,
    method: 'POST',
    path: parts.contract.signaturePath,
    async serve(exchange) {
      const order = await readOrder(parts, exchange);
      const identity = await parts.signing.identity(order.person, endpoint);
      exchange.answerJson(200, { [parts.contract.answer.element]: signElement(parts, order, identity) });
    },
  };
}

interface SignatureOrder {
  readonly person: RemotePerson;
  readonly type: DocumentType;
  /** Base64, 32 bytes. */
  readonly digest: string;
}

async function readOrder({ contract, tokens }: KaguraSignatureParts, exchange: Exchange): Promise<SignatureOrder> {
  const { request, answer } = contract;
  const refused = (status: number, code: string, message: string): RefusedRequest =>
    new RefusedRequest(status, { [answer.errorCode]: code, [answer.errorMessage]: message });
  const body = await exchange.json();
  const text = (name: string): string => {
    const value = body[name];
    if (typeof value === 'string' && value !== '') return value;
    throw refused(400, 'REQUEST_INVALID', `${name} is missing`);
  };
  const bearer = tokens.check(text(request.token));
  if (bearer.state !== 'valid') throw refused(401, bearer.state === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', `the token is ${bearer.state}`);
  const type = text(request.documentType);
  if (type !== 'prescription' && type !== 'dispensing') throw refused(400, 'REQUEST_INVALID', `${request.documentType} is neither prescription nor dispensing`);
  if (!/^\d{7}$/.test(text(request.institutionCode))) throw refused(400, 'REQUEST_INVALID', `${request.institutionCode} has not seven digits`);
  const digest = text(request.digest);
  const bytes = Buffer.from(digest, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== digest) throw refused(400, 'DIGEST_INVALID', `${request.digest} is not base64 of 32 bytes`);
  return { person: bearer.person, type, digest };
}

function signElement({ contract, signing, faults, clock }: KaguraSignatureParts, { person, type, digest }: SignatureOrder, identity: IssuedCertificate): string {
  const profile: SignatureProfile = { ...sampleProfile, reference1: contract.reference1 };
  const ids = signatureIds(type, new Set());
  const key = keyInfo(identity.certificate.der, ids);
  const properties = signedProperties(identity.certificate.der, clock.date(), profile, ids);
  const document = faults.take('modified-document', endpoint) === null ? digest : sha256Base64('another document');
  const digests = { document, keyInfo: sha256Base64(key.canonical), signedProperties: sha256Base64(properties.canonical) };
  const info = signedInfo(wrapperNames[type].signed, digests, profile, ids);
  const value = signing.sign(person, identity, hash('sha256', info.canonical, 'buffer'), endpoint);
  return (
    `<xs:Signature xmlns:xs="${dsNamespace}" Id="${ids.signature}">${info.inFile}` +
    `<xs:SignatureValue Id="${ids.signatureValue}">${toBase64(value)}</xs:SignatureValue>${key.inFile}` +
    `<xs:Object xmlns:xa="${xadesNamespace}"><xa:QualifyingProperties Target="#${ids.signature}">${properties.inFile}` +
    '</xa:QualifyingProperties></xs:Object></xs:Signature>'
  );
}
