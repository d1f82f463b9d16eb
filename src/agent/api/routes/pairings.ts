import {
  pairedAnswer,
  pairingAnswer,
  pairingConfirmation,
  pairingRequest,
  type PairedAnswer,
  type PairingAnswer,
} from '../../../contract/api.ts';
import { showSafely } from '../../../formats/prescription/display-safety.ts';
import type { AgentIdentity } from '../agent-identity.ts';
import type { Pairing } from '../pairing.ts';
import { parseRequest } from '../parse-request.ts';
import type { OpenRoute } from '../route.ts';

/** Two short texts: nobody needs megabytes before being paired. */
const bodyLimit = 4096;

export function pairingRoutes(pairing: Pairing, identity: AgentIdentity): readonly OpenRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/pairings',
      access: 'pairing',
      bodyLimit,
      description: {
        summary: {
          ja: 'ペアリングを始めます。人が「接続先EHRを追加」を開いている間だけ受け付けます。',
          en: 'Begins pairing, only while a person keeps it open in the agent.',
        },
        request: pairingRequest,
        answers: { 201: { description: 'The agent shows a code now', schema: pairingAnswer } },
        problems: ['PAIRING_CLOSED'],
      },
      handle({ body, origin, program }) {
        const { clientName } = parseRequest(pairingRequest, body, 'body');
        const { id, expiresAt } = pairing.begin({ clientName: showSafely(clientName), origin, program });
        const answer: PairingAnswer = { id, expiresAt: expiresAt.toISOString(), publicKey: identity.publicKey };
        return { status: 201, body: answer };
      },
    },
    {
      method: 'POST',
      path: '/v1/pairings/:id/confirm',
      access: 'pairing',
      bodyLimit,
      description: {
        summary: {
          ja: '画面の6桁の番号と、EHRが作ったトークンのハッシュを送ります。',
          en: 'Sends the 6 digits and the hash of the token that the EHR made.',
        },
        request: pairingConfirmation,
        answers: { 201: { description: 'Paired: the token counts from now on', schema: pairedAnswer } },
        problems: ['PAIRING_CLOSED', 'PAIRING_CODE_INCORRECT', 'STORAGE_FAILED'],
      },
      async handle({ body, params, origin }) {
        const { code, tokenSha256 } = parseRequest(pairingConfirmation, body, 'body');
        const client = await pairing.confirm(params['id'] ?? '', origin, code, tokenSha256);
        const answer: PairedAnswer = { clientId: client.id, expiresAt: client.expiresAt?.toISOString() ?? null };
        return { status: 201, body: answer };
      },
    },
  ];
}
