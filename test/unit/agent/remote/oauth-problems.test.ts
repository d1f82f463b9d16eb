/** What a person is told where a machine in front of the service answers, and not the service: nobody refused anything. */
import { expect, it } from 'vitest';
import { Configuration, customFetch, initiateDeviceAuthorization, None } from 'openid-client';
import { loginProblem } from '../../../../src/agent/remote/providers/oauth/oauth-problems.ts';

const issuer = 'https://login.example.jp';

async function told(status: number, type: string, body: string): Promise<unknown> {
  const client = new Configuration({ issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` }, 'terminal', {}, None());
  client[customFetch] = () => Promise.resolve(new Response(body, { status, headers: { 'content-type': type, 'retry-after': '5' } }));
  const error: unknown = await initiateDeviceAuthorization(client, {}).catch((failure: unknown) => failure);
  return loginProblem(error, new AbortController().signal);
}

it.each([
  [429, 'text/html', '<html>busy', { code: 'SERVICE_SUSPENDED', retryAfterSeconds: 5, detail: { en: expect.stringMatching(/^The service is too busy \(429\)\. Try again at /) as string } }],
  [429, 'application/json', '{"error":"rate_limited"}', { code: 'SERVICE_SUSPENDED', retryAfterSeconds: 5 }],
  [429, 'application/json', '{"error":"temporarily_unavailable"}', { code: 'SERVICE_SUSPENDED', retryAfterSeconds: 5 }],
  [503, 'text/html', '<html>maintenance', { code: 'SERVICE_SUSPENDED', retryAfterSeconds: 5 }],
  [502, 'text/html', '<html>bad gateway', { code: 'PROVIDER_UNREACHABLE' }],
  [403, 'text/html', '<html>forbidden', { code: 'PROVIDER_REFUSED', detail: { en: 'The service answered 403.' } }],
  [400, 'text/plain', 'no', { code: 'PROVIDER_REFUSED' }],
  [200, 'text/html', '<html>sign in to the network', { code: 'PROVIDER_REFUSED', detail: { en: "The service's answer cannot be read." } }],
  [200, 'application/json', '{', { code: 'PROVIDER_REFUSED', detail: { en: "The service's answer cannot be read." } }],
  [400, 'application/json', '{"error":"access_denied"}', { code: 'AUTHENTICATION_REFUSED' }],
])('%i %s %s', async (status, type, body, problem) => {
  expect(await told(status, type, body)).toMatchObject({ problem });
});
