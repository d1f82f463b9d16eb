import { verificationAnswer, verificationRequest } from '../../../contract/api.ts';
import type { VerificationReport } from '../../../formats/xades/report.ts';
import { inLanguage } from '../language.ts';
import { parseRequest } from '../parse-request.ts';
import type { ClientRoute } from '../route.ts';

/** Verification needs no card and no person; a file that is refused before parsing is INVALID, not an error. */
export function verificationRoute(verify: (xml: Uint8Array) => VerificationReport): ClientRoute {
  return {
    method: 'POST',
    path: '/v1/verifications',
    access: 'client',
    bodyLimit: 'policy',
    description: {
      summary: { ja: '署名済み文書を検証します。', en: 'Verifies a signed document.' },
      request: verificationRequest,
      answers: { 200: { description: 'The report', schema: verificationAnswer } },
      problems: [],
    },
    handle({ body, language }) {
      const { xml } = parseRequest(verificationRequest, body, 'body');
      return { status: 200, body: inLanguage(verify(Buffer.from(xml, 'base64')), language) };
    },
  };
}
