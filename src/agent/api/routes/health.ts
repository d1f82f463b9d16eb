import { apiVersion, healthAnswer, healthQuery, type HealthAnswer } from '../../../contract/api.ts';
import type { AgentIdentity } from '../agent-identity.ts';
import { parseRequest } from '../parse-request.ts';
import type { OpenRoute } from '../route.ts';

/** Is an agent here, and is it the one I was paired with? Holds no secret: every page may ask. */
export function healthRoute(identity: AgentIdentity, version: string, port: () => number): OpenRoute {
  return {
    method: 'GET',
    path: '/health',
    access: 'anyOrigin',
    description: {
      summary: {
        ja: 'エージェントの稼働確認。nonceを付けると署名付きで答えます。',
        en: 'Is the agent here? With a nonce the answer is signed.',
      },
      query: {
        nonce:
          '16–128 characters of A–Z a–z 0–9 _ -. The signature is Ed25519 over the UTF-8 lines "hpki-agent health v1", nonce, port, instance, each ended by LF. Check it with the port you connected to.',
      },
      answers: { 200: { description: 'The agent', schema: healthAnswer } },
      problems: [],
    },
    handle({ query }) {
      const { nonce } = parseRequest(healthQuery, query, 'query');
      const body: HealthAnswer = { name: 'hpki-agent', version, apiVersion, instance: identity.instance };
      if (nonce === undefined) return { status: 200, body };
      return { status: 200, body: { ...body, nonce, port: port(), signature: identity.signHealth(nonce, port()) } };
    },
  };
}
