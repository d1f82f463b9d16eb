import type { default as Provider } from 'oidc-provider';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { answerNotice } from '../pages/page.ts';
import type { KaguraContract } from './kagura-contract.ts';
import type { Login, LoginDesk } from './login-desk.ts';

export interface AskedLoginParts {
  readonly provider: Provider;
  readonly contract: KaguraContract;
  readonly logins: LoginDesk;
}

export interface Asked {
  readonly uid: string;
  readonly clientId: string;
  readonly login: Login;
}

/** The login of a request, by its cookie; without it the page belongs to another browser, or is over. */
async function askedLogin({ provider, contract, logins }: AskedLoginParts, { request, response }: Exchange): Promise<Asked | null> {
  const interaction = await provider.interactionDetails(request, response).catch(() => null);
  if (interaction === null) return null;
  const { uid, params } = interaction;
  const text = (name: string): string => (typeof params[name] === 'string' ? params[name] : '');
  const display = { facility: text(contract.display.facility), terminal: text(contract.display.terminal), doctor: text(contract.display.doctor) };
  return { uid, clientId: text('client_id'), login: logins.open(uid, display) };
}

export type ServeLogin = (exchange: Exchange, asked: Asked) => Promise<void> | void;

/** Serves only a browser that has begun the login itself. */
export function servingLogin(parts: AskedLoginParts, serve: ServeLogin): Route['serve'] {
  return async (exchange) => {
    const asked = await askedLogin(parts, exchange);
    if (asked === null) answerNotice(exchange, 'この画面は使えません', '認証の時間が過ぎたか、別の画面で始められています。端末からやり直してください。', 400);
    else await serve(exchange, asked);
  };
}
