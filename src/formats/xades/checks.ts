import type { Bilingual } from '../bilingual.ts';
import type { Verdict, VerificationCheck } from './report.ts';

const titles = {
  'document.read': { ja: 'ファイルの読み取り', en: 'Reading the file' },
  'document.structure': { ja: '文書の構造', en: 'Structure of the document' },
  'document.identifiers': { ja: 'idの一意性', en: 'Uniqueness of ids' },
  'signature.structure': { ja: '署名の構造', en: 'Structure of the signature' },
  'signature.algorithms': { ja: '署名のアルゴリズム', en: 'Algorithms of the signature' },
  'signature.references': { ja: '署名の対象', en: 'What the signature covers' },
  'reference.document': { ja: '文書のダイジェスト', en: 'Digest of the document' },
  'reference.keyInfo': { ja: '証明書情報のダイジェスト', en: 'Digest of the key information' },
  'reference.signedProperties': { ja: '署名属性のダイジェスト', en: 'Digest of the signed properties' },
  'signature.value': { ja: '署名値', en: 'Signature value' },
  'signature.signingTime': { ja: '署名時刻', en: 'Signing time' },
  'signature.unsignedProperties': { ja: '署名後に付与された属性', en: 'Properties added after signing' },
  'signature.timestamp': { ja: 'タイムスタンプ', en: 'Time-stamp' },
  'certificate.read': { ja: '証明書の読み取り', en: 'Reading the certificate' },
  'certificate.reference': { ja: '署名者証明書の指定', en: 'Named signing certificate' },
  'certificate.role': { ja: '医療従事者資格（hcRole）', en: 'Healthcare role (hcRole)' },
  'nested.carriable': { ja: '調剤結果への組み込み', en: 'Nesting in a dispensing result' },
} satisfies Record<string, Bilingual>;

/** Ids of the checks made here; those of the certificate path come from pki. */
export type SignatureCheckId = keyof typeof titles;

export function check(id: SignatureCheckId, verdict: Verdict, ja: string, en: string): VerificationCheck {
  return { id, verdict, title: titles[id], reason: { ja, en } };
}

/**
 * What stops a prescription from being nested: structure, digest, signature value and role. Everything else about it is shown
 * to the pharmacist and allowed: an expired certificate, for instance.
 */
const gateChecks: ReadonlySet<string> = new Set<SignatureCheckId>([
  'document.read', 'document.structure', 'document.identifiers',
  'signature.structure', 'signature.algorithms', 'signature.references',
  'reference.document', 'reference.keyInfo', 'reference.signedProperties',
  'signature.value', 'certificate.read', 'certificate.reference', 'certificate.role', 'nested.carriable',
]);

export function stopsNesting({ id, verdict }: VerificationCheck): boolean {
  return verdict === 'INVALID' && gateChecks.has(id);
}
