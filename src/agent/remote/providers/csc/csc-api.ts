import type { z } from 'zod';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import { isSuspension, isTurnedAway, suspendedService } from '../suspended-service.ts';
import { cscProblem, unreadable, type CscMethod } from './csc-problems.ts';

export interface CscApi {
  /**
   * One call. Methods that only look are repeatable by the network; `signatures/signHash` is sent once, whatever happens.
   * Throws ProblemError.
   */
  call<Answer>(method: CscMethod, bearer: string, body: object, answer: z.ZodType<Answer>, signal?: AbortSignal): Promise<Answer>;
}

/** JSON over POST with a bearer token (CSC API v2 §10). */
export function cscApi(serviceUrl: string, fetch: ServiceFetch): CscApi {
  const base = serviceUrl.replace(/\/$/, '');
  return {
    async call(method, bearer, body, answer, signal) {
      const response = await fetch(`${base}/${method}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(body),
        repeatable: method !== 'signatures/signHash',
        signal,
      });
      if (method === 'signatures/signHash' ? isTurnedAway(response) : isSuspension(response.status)) throw suspendedService(response);
      const json: unknown = await response.json().catch(() => undefined);
      if (response.status !== 200) throw cscProblem(method, response.status, json);
      const parsed = answer.safeParse(json);
      if (!parsed.success) throw unreadable(method);
      return parsed.data;
    },
  };
}
