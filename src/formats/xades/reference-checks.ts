import { hash } from 'node:crypto';
import type { Bilingual } from '../bilingual.ts';
import type { XmlElement } from '../xml/tree.ts';
import { canonicalize } from './canonicalization.ts';
import { check, type SignatureCheckId } from './checks.ts';
import type { ParsedReference, ParsedSignature } from './parsed-signature.ts';
import type { VerificationCheck } from './report.ts';
import type { SignedWrapper } from './signed-wrapper.ts';
import { signedPropertiesType } from './vocabulary.ts';

interface Target {
  readonly id: SignatureCheckId;
  readonly uri: string;
  readonly element: XmlElement;
  readonly type: string | null;
  readonly name: Bilingual;
}

/**
 * The reference set is exactly {document, KeyInfo, SignedProperties}, and each digest fits. KeyInfo may be left out where the signed
 * properties name the certificate (ETSI TS 101 903 §4.4.1: one of the two makes a BES).
 * SECURITY: targets are the elements found by path; a URI only has to agree with them (test/unit/formats/xades/signature-wrapping.test.ts).
 */
export function checkReferences(wrapper: SignedWrapper, signature: ParsedSignature): readonly VerificationCheck[] {
  const targets: readonly Target[] = [
    { id: 'reference.document', uri: `#${wrapper.signedId}`, element: wrapper.signed, type: null, name: { ja: '文書', en: 'document' } },
    ...keyInfoTarget(signature),
    {
      id: 'reference.signedProperties',
      uri: `#${signature.signedPropertiesId}`,
      element: signature.signedProperties,
      type: signedPropertiesType,
      name: { ja: '署名属性', en: 'signed properties' },
    },
  ];
  const { references } = signature;
  const matched = targets.map((target) => references.filter(({ uri }) => uri === target.uri));
  const typed = (reference: ParsedReference, target: Target): boolean =>
    target.type === null ? reference.type !== signedPropertiesType : reference.type === target.type;
  const complete =
    references.length === targets.length &&
    targets.every((target, index) => {
      const [only, second] = matched[index] ?? [];
      return only !== undefined && second === undefined && typed(only, target);
    });
  if (!complete) {
    return [
      check(
        'signature.references', 'INVALID',
        '署名の対象が、文書・証明書情報・署名属性ちょうどではありません。別の内容を署名済みと見せかける攻撃のおそれがあるため、受け付けません。',
        'The signature does not cover exactly the document, the key information and the signed properties. It may be an attempt to pass something else off as signed and is not accepted.',
      ),
    ];
  }
  return targets.flatMap((target, index) => (matched[index] ?? []).map((reference) => checkDigest(target, reference)));
}

function keyInfoTarget({ keyInfoId, keyInfo, namedCertificate, references }: ParsedSignature): readonly Target[] {
  const uri = keyInfoId === null ? null : `#${keyInfoId}`;
  if (uri === null || (namedCertificate !== null && !references.some((reference) => reference.uri === uri))) return [];
  return [{ id: 'reference.keyInfo', uri, element: keyInfo, type: null, name: { ja: '証明書情報', en: 'key information' } }];
}

function checkDigest({ id, element, name }: Target, reference: ParsedReference): VerificationCheck {
  const digest = hash(reference.digest, canonicalize(element, reference.canonicalization), 'buffer');
  return digest.equals(reference.value)
    ? check(id, 'VALID', `${name.ja}は署名された時のままです。`, `The ${name.en} did not change after it was signed.`)
    : check(
        id, 'INVALID',
        `${name.ja}が署名された時から変わっています。改ざんまたは破損のおそれがあり、使用できません。`,
        `The ${name.en} changed after it was signed. It may be forged or damaged and must not be used.`,
      );
}
