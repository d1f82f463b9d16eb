import { statusAnswer } from '../../../contract/api.ts';
import type { ClientRoute } from '../route.ts';
import { statusAnswerOf, type StatusView } from '../status-view.ts';

export function statusRoute(status: () => StatusView): ClientRoute {
  return {
    method: 'GET',
    path: '/v1/status',
    access: 'client',
    description: {
      summary: {
        ja: 'カードリーダーとカード、リモート署名、いま直すべきこと。',
        en: 'Readers and cards, remote signing, and what is wrong now.',
      },
      answers: { 200: { description: 'How the agent is', schema: statusAnswer } },
      problems: [],
    },
    handle: ({ language }, { clientId }) => ({ status: 200, body: statusAnswerOf(status(), language, clientId) }),
  };
}
