import { parseCertificate, type Certificate } from '../../formats/pki/certificate.ts';
import { DerError } from '../../formats/pki/der.ts';
import { signerOfDocument } from '../../formats/xades/signer-of-document.ts';
import { StructureRefused } from '../../formats/xades/structure.ts';
import { XmlRefusal } from '../../formats/xml/refusal.ts';
import { judgeCertificate } from './card-fitness.ts';
import type { UnsignedDocument } from './recipe.ts';
import type { SignerQuestion } from './request-question.ts';
import { assemble, mismatch } from './self-verification.ts';

/**
 * By whose certificate a service made an element. It is judged like a card's before the PIN, only that here the signature
 * exists already: what does not fit is never released. Throws SIGNATURE_MISMATCH.
 * SECURITY: test/unit/agent/signing/remote-requests.test.ts
 */
export function signerInElement(document: UnsignedDocument, element: Uint8Array, { types, partial, at, ownership }: SignerQuestion): Certificate {
  const certificate = certificateIn(assemble(document, element));
  const unfit = judgeCertificate(certificate, types, partial, at);
  if (unfit !== null) throw mismatch(unfitness[unfit]);
  if (ownership(certificate) === 'other') throw mismatch(otherPerson);
  return certificate;
}

function certificateIn(xml: Uint8Array): Certificate {
  try {
    return parseCertificate(signerOfDocument(xml));
  } catch (error) {
    if (error instanceof XmlRefusal || error instanceof StructureRefused) throw mismatch(error.reason);
    if (error instanceof DerError) throw mismatch(unreadable);
    throw error;
  }
}

const unreadable = { ja: '署名者の証明書を読み取れません', en: "The signer's certificate cannot be read" };
const otherPerson = { ja: '署名者の証明書がEHRの職員のものではありません', en: "The signer's certificate is not the staff member's" };
const unfitness = {
  CARD_UNKNOWN: { ja: '署名者の証明書が署名用のものではありません', en: "The signer's certificate is not one for signing" },
  CERTIFICATE_EXPIRED: { ja: '署名者の証明書の有効期間外です', en: "The signer's certificate is outside its validity" },
  ROLE_NOT_ALLOWED: { ja: '署名者の資格ではこの文書に署名できません', en: "The signer's role may not sign this document" },
} as const;
