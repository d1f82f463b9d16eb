import { constants, verify } from 'node:crypto';
import type { Certificate } from '../pki/certificate.ts';
import { isAcceptedKey } from '../pki/signed-data.ts';
import { canonicalize } from './canonicalization.ts';
import { check } from './checks.ts';
import type { ParsedSignature } from './parsed-signature.ts';
import type { VerificationCheck } from './report.ts';

/** The signature value over canonical SignedInfo, with the key of the certificate in KeyInfo. */
export function checkSignatureValue(signature: ParsedSignature, certificate: Certificate): VerificationCheck {
  if (signature.method.key !== certificate.keyInfo.kind) {
    return check(
      'signature.value', 'INVALID',
      '署名の方式と証明書の鍵の種類が合いません。',
      'The signature method does not fit the kind of key in the certificate.',
    );
  }
  if (!isAcceptedKey(certificate.keyInfo)) {
    return check(
      'signature.value', 'INVALID',
      '証明書の鍵が基準（RSA 2048ビット以上、またはP-256以上の楕円曲線）を満たしていないため、署名を信用できません。',
      'The key in the certificate is below what is accepted (RSA of 2048 bits, or a curve from P-256 up), so the signature proves nothing.',
    );
  }
  return holds(signature, certificate)
    ? check('signature.value', 'VALID', '署名値は証明書の鍵で作られたものです。', 'The signature value was made with the key of the certificate.')
    : check(
        'signature.value', 'INVALID',
        '署名値が証明書の鍵と一致しません。改ざんまたは破損のおそれがあり、使用できません。',
        'The signature value does not fit the key of the certificate. It may be forged or damaged and must not be used.',
      );
}

function holds({ method, signedInfo, canonicalization, value }: ParsedSignature, certificate: Certificate): boolean {
  const bytes = Buffer.from(canonicalize(signedInfo, canonicalization));
  try {
    // RFC 9231 §2.3.6: an ECDSA value is r and s side by side, not DER.
    return method.key === 'rsa'
      ? verify(method.digest, bytes, { key: certificate.publicKey, padding: constants.RSA_PKCS1_PADDING }, value)
      : verify(method.digest, bytes, { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' }, value);
  } catch {
    // A key that the platform cannot use, a point off its curve: nothing that it signed holds.
    return false;
  }
}
