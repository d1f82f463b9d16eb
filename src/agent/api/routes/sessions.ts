import { sessionAnswer, sessionRequest, staffId, type SessionAnswer } from '../../../contract/api.ts';
import { networkErrorCodes } from '../../../contract/error-codes.ts';
import { ProblemError } from '../../../contract/problem.ts';
import { showSafely } from '../../../formats/prescription/display-safety.ts';
import type { Language } from '../language.ts';
import { parseRequest } from '../parse-request.ts';
import type { RemoteSessions, RemoteSessionView } from '../remote-sessions.ts';
import type { ApiCall, ClientRoute } from '../route.ts';

export function sessionRoutes(sessions: RemoteSessions): readonly ClientRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/sessions',
      access: 'client',
      bodyLimit: 4096,
      description: {
        summary: { ja: 'リモート署名の認証を始めます。', en: 'Begins to authenticate for remote signing.' },
        request: sessionRequest,
        answers: { 201: { description: 'The authentication has begun', schema: sessionAnswer } },
        problems: ['NOT_AUTHENTICATED', 'AUTHENTICATION_NOT_OFFERED', 'CLOCK_WRONG', ...networkErrorCodes],
      },
      async handle({ body, language }, caller) {
        const request = parseRequest(sessionRequest, body, 'body');
        const { staffId: id, staffName = id, method } = request;
        const view = await sessions.begin(caller, { staffId: id, staffName: showSafely(staffName), method });
        return {
          status: 201,
          headers: { location: `/v1/sessions/${encodeURIComponent(view.staffId)}` },
          body: sessionAnswerOf(view, language),
        };
      },
    },
    {
      method: 'GET',
      path: '/v1/sessions/:staffId',
      access: 'client',
      description: {
        summary: { ja: 'この職員はリモート署名の準備ができているか。', en: 'Is this person ready to sign remotely?' },
        answers: { 200: { description: 'The session', schema: sessionAnswer } },
        problems: [],
      },
      handle: (call, caller) => ({
        status: 200,
        body: sessionAnswerOf(sessions.get(caller, staffOf(call)), call.language),
      }),
    },
    {
      method: 'DELETE',
      path: '/v1/sessions/:staffId',
      access: 'client',
      description: {
        summary: { ja: 'リモート署名の認証を終えます。', en: 'Ends the session for remote signing.' },
        answers: { 204: { description: 'Ended' } },
        problems: [],
      },
      async handle(call, caller) {
        if (!(await sessions.end(caller, staffOf(call)))) throw new ProblemError({ code: 'NOT_FOUND', detail: null });
        return { status: 204, body: undefined };
      },
    },
  ];
}

function staffOf({ params }: ApiCall): string {
  const parsed = staffId.safeParse(params['staffId']);
  if (!parsed.success) throw new ProblemError({ code: 'NOT_FOUND', detail: null });
  return parsed.data;
}

function sessionAnswerOf(view: RemoteSessionView, language: Language): SessionAnswer {
  return {
    staffId: view.staffId,
    ready: view.state === 'ready',
    until: view.until?.toISOString() ?? null,
    method: view.method,
    state: view.state,
    reason: view.reason?.[language] ?? null,
  };
}
