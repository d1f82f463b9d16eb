import { xmlLimits } from '../xml/limits.ts';
import { attributeValue, textOnly, type XmlElement } from '../xml/tree.ts';
import { canonicalizations, digestMethods, signatureMethods, type DigestName, type SignatureMethod } from './algorithms.ts';
import { decodeBase64 } from './base64.ts';
import { inclusive, type Canonicalization } from './canonicalization.ts';
import { parseSigningTime } from './signing-time.ts';
import { elementsOf, partsOf, shown, StructureRefused } from './structure.ts';
import { dsNamespace, exclusiveC14n, xadesNamespace } from './vocabulary.ts';

export interface ParsedReference {
  readonly uri: string;
  readonly type: string | null;
  readonly canonicalization: Canonicalization;
  readonly digest: DigestName;
  readonly value: Uint8Array;
}

/** SigningCertificateV2, or SigningCertificate of older files. */
export interface NamedCertificate {
  readonly digest: DigestName;
  readonly value: Uint8Array;
  /** Base64 text of IssuerSerialV2. */
  readonly issuerSerialV2: string | null;
  /** Decimal text of the first version's X509SerialNumber. */
  readonly serialNumber: string | null;
}

/** A ds:Signature with XAdES properties, every part of it known and in its place. Nothing is verified yet. */
export interface ParsedSignature {
  readonly id: string;
  readonly signedInfo: XmlElement;
  readonly canonicalization: Canonicalization;
  readonly method: SignatureMethod;
  readonly references: readonly ParsedReference[];
  readonly value: Uint8Array;
  readonly keyInfo: XmlElement;
  /** Null where KeyInfo is not signed; then the signed properties name the certificate. */
  readonly keyInfoId: string | null;
  /** DER from KeyInfo, at least one. The signer's is the named one; where none is named there is only one. */
  readonly certificates: readonly Uint8Array[];
  readonly signedProperties: XmlElement;
  readonly signedPropertiesId: string;
  /** Null where the signer states none, or one without a zone: XAdES allows both (ETSI TS 101 903 §7.2.1). */
  readonly signingTime: Date | null;
  readonly namedCertificate: NamedCertificate | null;
  /** UnsignedSignatureProperties, where a level above BES was added. */
  readonly unsigned: XmlElement | null;
}

const structure = 'signature.structure';

/** Three are signed. A few more are reported as what they are, hundreds are only there to keep a verifier busy. */
const maxReferences = 16;

/** Takes a signature apart. Throws StructureRefused. */
export function parseSignature(signature: XmlElement): ParsedSignature {
  const parts = partsOf(signature, structure, dsNamespace, ['SignedInfo', 'SignatureValue', 'KeyInfo', 'Object']);
  const id = requiredId(signature);
  const info = elementsOf(parts.SignedInfo, structure);
  const [canonicalizationMethod, signatureMethod, ...references] = info;
  if (!isDs(canonicalizationMethod, 'CanonicalizationMethod') || !isDs(signatureMethod, 'SignatureMethod')) {
    throw refused('SignedInfoの構造が正しくありません。', 'SignedInfo does not have its structure.');
  }
  const qualifying = partsOf(parts.Object, structure, xadesNamespace, ['QualifyingProperties']).QualifyingProperties;
  if (attributeValue(qualifying, 'Target') !== `#${id}`) {
    throw refused('QualifyingPropertiesの対象がこの署名ではありません。', 'QualifyingProperties do not belong to this signature.');
  }
  const properties = partsOf(qualifying, structure, xadesNamespace, ['SignedProperties'], ['UnsignedProperties']);
  const unsigned = properties.UnsignedProperties === undefined
    ? null
    : partsOf(properties.UnsignedProperties, structure, xadesNamespace, [], ['UnsignedSignatureProperties', 'UnsignedDataObjectProperties']).UnsignedSignatureProperties ?? null;
  if (references.length > maxReferences) throw refused('参照（Reference）が多すぎます。', 'There are too many references.');
  const values = readSignedProperties(properties.SignedProperties);
  const certificates = readCertificates(parts.KeyInfo);
  if (values.namedCertificate === null && certificates.length > 1) {
    throw refused('署名者の証明書を特定できません。証明書が2つ以上あり、署名属性による指定もありません。', 'There is more than one certificate, and the signed properties do not say which is the signer’s.');
  }
  return {
    id,
    signedInfo: parts.SignedInfo,
    canonicalization: readCanonicalization(canonicalizationMethod),
    method: readSignatureMethod(signatureMethod),
    references: references.map(readReference),
    value: base64Of(parts.SignatureValue),
    keyInfo: parts.KeyInfo,
    keyInfoId: values.namedCertificate === null ? requiredId(parts.KeyInfo) : attributeValue(parts.KeyInfo, 'Id'),
    certificates,
    signedProperties: properties.SignedProperties,
    signedPropertiesId: requiredId(properties.SignedProperties),
    ...values,
    unsigned,
  };
}

/** More than a signer, its CAs and a root is nobody's habit. */
const maxCertificates = 8;

/**
 * HPKI's signers write the end-entity certificate alone. The chain beside it, and other hints about the key (its name, its
 * value, issuer and subject), are legal (XML Signature §4.4).
 * SECURITY: the certificates count, and nothing else here says whose key it is (test/unit/formats/xades/odd-samples.test.ts).
 */
function readCertificates(keyInfo: XmlElement): readonly Uint8Array[] {
  const hints = elementsOf(keyInfo, structure);
  const unknown = hints.find(({ uri }) => uri !== dsNamespace);
  if (unknown !== undefined) throw refused(`証明書情報（KeyInfo）に、あってはならない要素 ${shown(unknown.local)} があります。`, `There is an element ${shown(unknown.local)} inside KeyInfo, where it does not belong.`);
  const certificates = hints
    .filter((hint) => hint.local === 'X509Data')
    .flatMap((data) => elementsOf(data, structure).filter((element) => isDs(element, 'X509Certificate')));
  if (certificates.length === 0 || certificates.length > maxCertificates) {
    throw refused('証明書情報（KeyInfoのX509Data）には、証明書を1つから8つまで入れてください。', 'X509Data in KeyInfo must hold from one to eight certificates.');
  }
  return certificates.map(base64Of);
}

function readReference(element: XmlElement): ParsedReference {
  if (!isDs(element, 'Reference')) throw refused('SignedInfoの構造が正しくありません。', 'SignedInfo does not have its structure.');
  const parts = partsOf(element, structure, dsNamespace, ['DigestMethod', 'DigestValue'], ['Transforms']);
  const uri = attributeValue(element, 'URI');
  if (uri === null) throw refused('参照（Reference）にURIがありません。', 'A Reference has no URI.');
  return {
    uri,
    type: attributeValue(element, 'Type'),
    canonicalization: parts.Transforms === undefined ? inclusive : readTransforms(parts.Transforms),
    digest: readDigestMethod(parts.DigestMethod),
    value: base64Of(parts.DigestValue),
  };
}

/** At most one transform, and that one a canonicalization: then what is hashed is the element itself. */
function readTransforms(transforms: XmlElement): Canonicalization {
  const [only, ...more] = elementsOf(transforms, structure);
  if (!isDs(only, 'Transform') || more.length > 0) {
    throw refusedAlgorithm('変換（Transform）は正規化1つだけを受け付けます。', 'Only a single canonicalization is accepted as transform.');
  }
  return readCanonicalization(only);
}

function readCanonicalization(element: XmlElement): Canonicalization {
  const algorithm = algorithmOf(element);
  const method = canonicalizations.get(algorithm);
  if (method === undefined) {
    throw refusedAlgorithm(`正規化・変換の方式が受け付けられないものです（${shown(algorithm)}）。`, `The canonicalization or transform is not one that is accepted (${shown(algorithm)}).`);
  }
  const children = elementsOf(element, structure);
  if (method === 'inclusive' || children.length === 0) {
    if (children.length > 0) throw refusedAlgorithm('正規化に余分な指定があります。', 'The canonicalization has parameters that do not belong.');
    return method === 'inclusive' ? inclusive : { method, prefixes: [] };
  }
  const { InclusiveNamespaces: list } = partsOf(element, 'signature.algorithms', exclusiveC14n, ['InclusiveNamespaces']);
  // SECURITY: each prefix is looked at for each element of what is hashed (test/unit/formats/xades/hostile-size.test.ts).
  const prefixes = new Set((attributeValue(list, 'PrefixList') ?? '').split(/[ \t\r\n]+/).filter((token) => token !== ''));
  if (prefixes.size > xmlLimits.namespaces) throw refusedAlgorithm('正規化に指定された接頭辞が多すぎます。', 'The canonicalization lists too many prefixes.');
  return { method, prefixes: [...prefixes] };
}

function readDigestMethod(element: XmlElement): DigestName {
  const algorithm = algorithmOf(element);
  const digest = digestMethods.get(algorithm);
  if (digest === undefined || elementsOf(element, structure).length > 0) {
    throw refusedAlgorithm(`ダイジェストの方式が受け付けられないものです（${shown(algorithm)}）。SHA-256以上が必要です。`, `The digest method is not one that is accepted (${shown(algorithm)}). SHA-256 or better is required.`);
  }
  return digest;
}

function readSignatureMethod(element: XmlElement): SignatureMethod {
  const algorithm = algorithmOf(element);
  const method = signatureMethods.get(algorithm);
  if (method === undefined || elementsOf(element, structure).length > 0) {
    throw refusedAlgorithm(`署名の方式が受け付けられないものです（${shown(algorithm)}）。RSAまたはECDSAとSHA-256以上が必要です。`, `The signature method is not one that is accepted (${shown(algorithm)}). RSA or ECDSA with SHA-256 or better is required.`);
  }
  return method;
}

type SignedPropertyValues = Pick<ParsedSignature, 'signingTime' | 'namedCertificate'>;

function readSignedProperties(element: XmlElement): SignedPropertyValues {
  const { SignedSignatureProperties: properties } = partsOf(element, structure, xadesNamespace, ['SignedSignatureProperties'], ['SignedDataObjectProperties']);
  // What is optional beside them is signed, harmless and not evaluated.
  const parts = partsOf(properties, structure, xadesNamespace, [], [
    'SigningTime', 'SigningCertificate', 'SigningCertificateV2', 'SignaturePolicyIdentifier',
    'SignatureProductionPlace', 'SignatureProductionPlaceV2', 'SignerRole', 'SignerRoleV2',
  ]);
  const signingTime = parts.SigningTime === undefined ? null : readSigningTime(textOnly(parts.SigningTime) ?? '');
  const { SigningCertificate: first, SigningCertificateV2: second } = parts;
  if (first !== undefined && second !== undefined) {
    throw refused('SigningCertificateが2種類あります。', 'There are two kinds of SigningCertificate.');
  }
  const named = second ?? first;
  return { signingTime, namedCertificate: named === undefined ? null : readNamedCertificate(named) };
}

function readSigningTime(text: string): Date | null {
  const time = parseSigningTime(text);
  if (time === null && parseSigningTime(`${text.trim()}Z`) === null) throw refused('署名時刻（SigningTime）が正しくありません。', 'SigningTime is not a time.');
  return time;
}

/** Some signers list their CAs too; the first Cert is the signer's own (ETSI EN 319 132-1 §5.2.2). */
function readNamedCertificate(element: XmlElement): NamedCertificate {
  const certs = elementsOf(element, structure);
  const [first] = certs;
  if (first === undefined || !certs.every(({ uri, local }) => uri === xadesNamespace && local === 'Cert')) {
    throw refused('署名者証明書の指定（SigningCertificate）の構造が正しくありません。', 'SigningCertificate does not have its structure.');
  }
  const parts = partsOf(first, structure, xadesNamespace, ['CertDigest'], ['IssuerSerial', 'IssuerSerialV2']);
  const digest = partsOf(parts.CertDigest, structure, dsNamespace, ['DigestMethod', 'DigestValue']);
  const serial = parts.IssuerSerial === undefined
    ? null
    : partsOf(parts.IssuerSerial, structure, dsNamespace, ['X509IssuerName', 'X509SerialNumber']).X509SerialNumber;
  return {
    digest: readDigestMethod(digest.DigestMethod),
    value: base64Of(digest.DigestValue),
    issuerSerialV2: parts.IssuerSerialV2 === undefined ? null : textOnly(parts.IssuerSerialV2) ?? '',
    serialNumber: serial === null ? null : (textOnly(serial) ?? '').trim(),
  };
}

function isDs(element: XmlElement | undefined, local: string): element is XmlElement {
  return element?.uri === dsNamespace && element.local === local;
}

function requiredId(element: XmlElement): string {
  const id = attributeValue(element, 'Id');
  if (id === null || id === '') throw refused(`要素 ${element.local} に属性 Id がありません。`, `The element ${element.local} has no attribute Id.`);
  return id;
}

function algorithmOf(element: XmlElement): string {
  return attributeValue(element, 'Algorithm') ?? '';
}

function base64Of(element: XmlElement): Uint8Array {
  const text = textOnly(element);
  const bytes = text === null ? null : decodeBase64(text);
  if (bytes === null || bytes.length === 0) throw refused(`要素 ${element.local} の中身がbase64ではありません。`, `The content of ${element.local} is not base64.`);
  return bytes;
}

function refused(ja: string, en: string): StructureRefused {
  return new StructureRefused(structure, { ja, en });
}

function refusedAlgorithm(ja: string, en: string): StructureRefused {
  return new StructureRefused('signature.algorithms', { ja, en });
}
