import type { Certificate } from './certificate.ts';
import type { Bilingual } from '../bilingual.ts';
import type { CertificateCheckId } from './check.ts';

/** What the checks of a certificate are called and what they say to a person. */

export const checkTitles: Readonly<Record<CertificateCheckId, Bilingual>> = {
  'certificate.path': { ja: '認証パス', en: 'Certification path' },
  'certificate.validity': { ja: '証明書の有効期間', en: 'Validity of the certificates' },
  'certificate.algorithm': { ja: '鍵と署名アルゴリズム', en: 'Keys and signature algorithms' },
  'certificate.extensions': { ja: '証明書の重要な拡張', en: 'Critical extensions' },
  'certificate.keyUsage': { ja: '鍵用途', en: 'Key usage' },
  'certificate.policy': { ja: '証明書ポリシー', en: 'Certificate policy' },
  'certificate.revocation': { ja: '失効確認', en: 'Revocation' },
};

/** How a certificate is called in a sentence. */
export const nameOf = ({ subject }: Certificate): string => subject.commonName ?? subject.text;

/** Japanese time, as the people concerned read it. */
const time = (at: Date): Bilingual => {
  const jst = new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
  return { ja: jst, en: `${jst} JST` };
};

export const pathTexts = {
  pathGood: (anchor: Certificate): Bilingual => ({
    ja: `信頼する認証局「${nameOf(anchor)}」までたどれました。`,
    en: `The path leads to the trusted certification authority “${nameOf(anchor)}”.`,
  }),
  issuerMissing: (subject: Certificate): Bilingual => ({
    ja: `「${nameOf(subject)}」を発行した認証局（${subject.issuer.text}）の証明書がないため、確かめられません。認証局の証明書を追加してください。`,
    en: `The certificate of the authority that issued “${nameOf(subject)}” (${subject.issuer.text}) is missing, so the path cannot be checked. Please add it.`,
  }),
  rootNotTrusted: (root: Certificate): Bilingual => ({
    ja: `「${nameOf(root)}」までたどれましたが、信頼する認証局として登録されていません。正しい認証局であれば登録してください。`,
    en: `The path leads to “${nameOf(root)}”, which is not registered as trusted. Please register it if it is the right authority.`,
  }),
  pathTooLong: (): Bilingual => ({
    ja: '証明書の連なりが長すぎるか複雑すぎるため、確かめられません。必要な認証局の証明書だけを指定してください。',
    en: 'The chain of certificates is too long or too tangled to be checked. Please give only the certificates that are needed.',
  }),
  badSignature: (subject: Certificate, issuer: Certificate): Bilingual => ({
    ja: `「${nameOf(subject)}」の証明書の署名が、発行者「${nameOf(issuer)}」の鍵と一致しません。偽造または破損のおそれがあり、信頼できません。`,
    en: `The signature on the certificate of “${nameOf(subject)}” does not fit the key of its issuer “${nameOf(issuer)}”. It may be forged or damaged and cannot be trusted.`,
  }),
  notACa: (issuer: Certificate): Bilingual => ({
    ja: `「${nameOf(issuer)}」の証明書は、証明書を発行する認証局のものではありません。`,
    en: `The certificate of “${nameOf(issuer)}” is not one of an authority that may issue certificates.`,
  }),
  pathLength: (issuer: Certificate): Bilingual => ({
    ja: `「${nameOf(issuer)}」に許された認証局の段数を超えています。`,
    en: `More authorities follow below “${nameOf(issuer)}” than it is allowed to have.`,
  }),
  validityGood: (at: Date): Bilingual => ({
    ja: `${time(at).ja} の時点で、すべての証明書が有効期間内です。`,
    en: `All certificates are within their validity at ${time(at).en}.`,
  }),
  expired: (certificate: Certificate, at: Date): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書は ${time(certificate.notAfter).ja} に期限が切れており、${time(at).ja} の時点では無効です。`,
    en: `The certificate of “${nameOf(certificate)}” expired at ${time(certificate.notAfter).en} and is not valid at ${time(at).en}.`,
  }),
  notYetValid: (certificate: Certificate, at: Date): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書は ${time(certificate.notBefore).ja} から有効になるもので、${time(at).ja} の時点では無効です。`,
    en: `The certificate of “${nameOf(certificate)}” becomes valid at ${time(certificate.notBefore).en} and is not valid at ${time(at).en}.`,
  }),
  algorithmGood: (): Bilingual => ({
    ja: 'すべての鍵と署名アルゴリズムが基準を満たしています。',
    en: 'All keys and signature algorithms meet the requirements.',
  }),
  weakAlgorithm: (certificate: Certificate): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書は、認められていない署名アルゴリズム（${certificate.signatureAlgorithm}）で署名されています。SHA-256 以上が必要です。`,
    en: `The certificate of “${nameOf(certificate)}” is signed with an algorithm that is not accepted (${certificate.signatureAlgorithm}). SHA-256 or better is required.`,
  }),
  weakKey: (certificate: Certificate): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書の鍵は基準を満たしていません。RSA 2048 ビット以上、または P-256 以上の楕円曲線が必要です。`,
    en: `The key in the certificate of “${nameOf(certificate)}” does not meet the requirements: RSA of 2048 bits or more, or a curve from P-256 up.`,
  }),
  extensionsGood: (): Bilingual => ({
    ja: '解釈できない重要な拡張はありません。',
    en: 'There is no critical extension that is not understood.',
  }),
  unknownCritical: (certificate: Certificate, oid: string): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書に、解釈できない重要な拡張（${oid}）があるため、使用できません。`,
    en: `The certificate of “${nameOf(certificate)}” has a critical extension that is not understood (${oid}) and must not be used.`,
  }),
  keyUsageGood: (usage: string): Bilingual => ({
    ja: `必要な鍵用途（${usage}）が設定されています。`,
    en: `The required key usage (${usage}) is set.`,
  }),
  keyUsageMissing: (certificate: Certificate, usage: string): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書には、必要な鍵用途（${usage}）がありません。署名用の証明書を使用してください。`,
    en: `The certificate of “${nameOf(certificate)}” lacks the required key usage (${usage}). Please use a signing certificate.`,
  }),
  extendedKeyUsageMissing: (certificate: Certificate, purpose: string): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書には、必要な拡張鍵用途（${purpose}）がありません。`,
    en: `The certificate of “${nameOf(certificate)}” lacks the required extended key usage (${purpose}).`,
  }),
  policyGood: (policy: string): Bilingual => ({
    ja: `必要な証明書ポリシー（${policy}）が記載されています。`,
    en: `The required certificate policy (${policy}) is stated.`,
  }),
  policyMissing: (certificate: Certificate, policies: readonly string[]): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書には、必要な証明書ポリシー（${policies.join('、')}）が記載されていません。HPKI の証明書か確認してください。`,
    en: `The certificate of “${nameOf(certificate)}” does not state the required policy (${policies.join(', ')}). Please check that it is an HPKI certificate.`,
  }),
  revocationGood: (at: Date): Bilingual => ({
    ja: `${time(at).ja} の時点で失効していないことを、失効リストで確かめました。`,
    en: `The revocation lists show that nothing was revoked at ${time(at).en}.`,
  }),
  revoked: (certificate: Certificate, since: Date, why: string | null): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書は ${time(since).ja} に失効しています${why === null ? '' : `（理由: ${why}）`}。`,
    en: `The certificate of “${nameOf(certificate)}” was revoked at ${time(since).en}${why === null ? '' : ` (reason: ${why})`}.`,
  }),
  doubtfulSince: (certificate: Certificate, since: Date): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書は後に失効し、鍵は ${time(since).ja} から信頼できないとされています。署名の時期を別の方法で確かめてください。`,
    en: `The certificate of “${nameOf(certificate)}” was revoked later, and its key is held to be unsafe since ${time(since).en}. Please establish the time of the signature by other means.`,
  }),
  noCrl: (certificate: Certificate): Bilingual => ({
    ja: `「${nameOf(certificate)}」の証明書が失効していないかを確かめる失効リスト（CRL）がありません。発行元の失効リストを追加してください。`,
    en: `There is no revocation list (CRL) that tells whether the certificate of “${nameOf(certificate)}” was revoked. Please add its issuer’s list.`,
  }),
  staleCrl: (certificate: Certificate, nextUpdate: Date | null): Bilingual => ({
    ja: `「${nameOf(certificate)}」の失効リストは古く${nextUpdate === null ? '' : `（次回更新 ${time(nextUpdate).ja}）`}、失効していないかを確かめられません。新しい失効リストを取得してください。`,
    en: `The revocation list for “${nameOf(certificate)}” is out of date${nextUpdate === null ? '' : ` (next update was due at ${time(nextUpdate).en})`}, so it cannot tell. Please get a newer one.`,
  }),
  unsupportedCrl: (certificate: Certificate, why: readonly string[]): Bilingual => ({
    ja: `「${nameOf(certificate)}」の失効リストは対応していない形式（${why.join('、')}）のため、失効していないかを確かめられません。完全な失効リストを指定してください。`,
    en: `The revocation list for “${nameOf(certificate)}” has a form that is not supported (${why.join(', ')}), so it cannot tell. Please give a complete list.`,
  }),
  droppedFromCrl: (certificate: Certificate): Bilingual => ({
    ja: `失効リストは「${nameOf(certificate)}」の証明書の期限後に発行されており、期限切れの証明書を載せていないおそれがあるため、確かめられません。期限内に発行された失効リストを指定してください。`,
    en: `The revocation list was issued after the certificate of “${nameOf(certificate)}” had expired and may have dropped it. Please give a list from within its validity.`,
  }),
} as const;
