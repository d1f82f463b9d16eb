import QRCode from 'qrcode';
import { amrOf } from '../authorization/authenticated-person.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { html, Html } from '../pages/html.ts';
import { answerPage, assetRoutes } from '../pages/page.ts';
import type { ServiceClock } from '../service-clock.ts';
import { servingLogin, type Asked, type AskedLoginParts, type ServeLogin } from './asked-login.ts';
import { loginPath } from './kagura-authorization-server.ts';

export interface LoginPageParts extends AskedLoginParts {
  readonly clock: ServiceClock;
  readonly phoneOrigin: string;
  /** Where TLS asks for the certificate of a card. */
  readonly cardOrigin: string;
}

/** The platform's own login page: a QR code for the phone, or on to the card. */
export function loginRoutes(parts: LoginPageParts): readonly Route[] {
  const { provider, logins, clock, phoneOrigin, cardOrigin } = parts;
  const withLogin = (serve: ServeLogin): Route['serve'] => servingLogin(parts, serve);

  async function showLogin(exchange: Exchange, { uid, clientId, login }: Asked): Promise<void> {
    if (clientId !== 'FIDO') {
      exchange.redirect(`${cardOrigin}${loginPath}/${uid}/card`);
      return;
    }
    if (login.phone === null) await logins.showCode(login);
    const { phone } = login;
    if (phone === null) throw new Error('a code was just made');
    const address = `${phoneOrigin}/s/${phone.signIn.code}`;
    answerPage(exchange, {
      title: 'スマートフォンで認証',
      script: 'login.js',
      main: html`
<p>スマートフォンで読み取り、下の番号を入力してください。</p>
<div class="qr" data-address="${address}">${new Html(await QRCode.toString(address, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 }))}</div>
<p class="number"><span>この画面の番号</span><strong id="number">${phone.number}</strong></p>
<p id="countdown" role="timer" data-seconds="${secondsLeft(phone.signIn.expiresAt, clock)}"></p>
<p id="state" role="status"></p>
<p class="small">読み取れないとき: ${phoneOrigin}/s を開いて <strong>${phone.signIn.code}</strong></p>
<form method="post" action="${loginPath}/${uid}/again"><button id="again" class="secondary">QRコードを再表示</button></form>
<p><a class="quiet" href="${loginPath}/${uid}/cancel">中止</a></p>`,
    });
  }

  async function finish({ request, response }: Exchange, { uid, login }: Asked): Promise<void> {
    const { proven } = login;
    logins.end(uid);
    const result =
      proven === null
        ? { error: 'access_denied', error_description: 'the person was not authenticated' }
        : { login: { accountId: proven.person.subject, acr: proven.method, amr: amrOf(proven.method), remember: false } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  return [
    { name: 'kagura.login', method: 'GET', path: `${loginPath}/:uid`, serve: withLogin(showLogin) },
    {
      name: 'kagura.login-state',
      method: 'GET',
      path: `${loginPath}/:uid/state`,
      serve: withLogin((exchange, { login }) => exchange.answerJson(200, { state: login.phone?.signIn.state ?? 'none' })),
    },
    {
      name: 'kagura.login-again',
      method: 'POST',
      path: `${loginPath}/:uid/again`,
      serve: withLogin(async (exchange, { uid, login }) => {
        await logins.showCode(login);
        exchange.redirect(`${loginPath}/${uid}`);
      }),
    },
    { name: 'kagura.login-finish', method: 'GET', path: `${loginPath}/:uid/finish`, serve: withLogin(finish) },
    {
      name: 'kagura.login-cancel',
      // GET, because form-action of the page's policy would stop the redirect to the terminal's address.
      method: 'GET',
      path: `${loginPath}/:uid/cancel`,
      serve: withLogin(async (exchange, asked) => {
        asked.login.proven = null;
        await asked.login.phone?.signIn.withdraw();
        await finish(exchange, asked);
      }),
    },
    ...assetRoutes,
  ];
}

const secondsLeft = (until: Date, clock: ServiceClock): number => Math.max(0, Math.ceil((until.getTime() - clock.now()) / 1000));
