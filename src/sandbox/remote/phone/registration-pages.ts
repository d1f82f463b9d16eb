import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { html } from '../pages/html.ts';
import { answerNotice, answerPage } from '../pages/page.ts';
import { phoneOf } from './phone-cookie.ts';
import type { Passkeys } from './passkeys.ts';
import type { RegistrationTicket, RegistrationTickets, TicketState } from './registration-tickets.ts';

export interface RegistrationParts {
  readonly tickets: RegistrationTickets;
  readonly passkeys: Passkeys;
}

const closedTexts: Readonly<Record<Exclude<TicketState, 'open'>, string>> = {
  used: 'この登録用のQRコードは使用済みです。別のスマートフォンを登録するには、認証局から新しいQRコードを受け取ってください。',
  locked: 'パスワードを5回間違えたため、登録できなくなりました。認証局に連絡してください。',
  expired: '登録の期限を過ぎました。認証局から新しいQRコードを受け取ってください。',
};

const title = 'スマートフォンの登録';

const japaneseDate = new Intl.DateTimeFormat('ja-JP', { dateStyle: 'long', timeZone: 'Asia/Tokyo' });

/** First registration of a phone: ticket, password, biometrics. */
export function registrationRoutes({ tickets, passkeys }: RegistrationParts): readonly Route[] {
  const withTicket =
    (serve: (exchange: Exchange, ticket: RegistrationTicket) => Promise<void> | void): Route['serve'] =>
    async (exchange) => {
      const ticket = tickets.find(exchange.parameter('ticket'));
      if (ticket === undefined) answerNotice(exchange, title, 'この登録用のQRコードは見つかりません。', 404);
      else await serve(exchange, ticket);
    };

  function showPage(exchange: Exchange, ticket: RegistrationTicket): void {
    phoneOf(exchange);
    if (ticket.state !== 'open') {
      answerNotice(exchange, title, closedTexts[ticket.state], 410);
      return;
    }
    const { person } = ticket;
    answerPage(exchange, {
      title,
      script: 'register.js',
      main: html`
<dl>
<dt>氏名</dt><dd>${person.name}</dd>
<dt>利用者ID</dt><dd>${person.userId}</dd>
<dt>登録の期限</dt><dd>${japaneseDate.format(ticket.expiresAt)}</dd>
</dl>
<form id="password-form" autocomplete="off">
<label for="password">認証局から届いたパスワード</label>
<input id="password" name="password" type="password" required autocomplete="off" autofocus>
<p class="small">5回間違えると登録できなくなります。</p>
<button>次へ（指紋・顔認証の登録）</button>
</form>
<p id="state" role="status"></p>`,
    });
  }

  async function checkPassword(exchange: Exchange, ticket: RegistrationTicket): Promise<void> {
    const phone = phoneOf(exchange);
    const { password } = await exchange.json();
    const answer = ticket.tryPassword(phone, typeof password === 'string' ? password : '');
    if (answer === 'right') exchange.answerJson(200, { options: await passkeys.registrationOptions(phone, ticket.person) });
    else if (ticket.state === 'open') exchange.answerJson(403, { text: `パスワードが違います。あと${ticket.triesLeft}回間違えると登録できなくなります。` });
    else exchange.answerJson(410, { text: closedTexts[ticket.state] });
  }

  async function finish(exchange: Exchange, ticket: RegistrationTicket): Promise<void> {
    const phone = phoneOf(exchange);
    const { response } = await exchange.json();
    if (!ticket.opensFor(phone)) exchange.answerJson(403, { text: 'パスワードの入力からやり直してください。' });
    else if (await passkeys.register(phone, ticket.person, response)) {
      ticket.use();
      exchange.answerJson(200, { text: `${ticket.person.name} さんのスマートフォンとして登録しました。` });
    } else exchange.answerJson(400, { text: '登録できませんでした。指紋・顔認証か画面ロックの解除が必要です。' });
  }

  return [
    { name: 'phone.register', method: 'GET', path: '/register/:ticket', serve: withTicket(showPage) },
    { name: 'phone.register-password', method: 'POST', path: '/register/:ticket/password', serve: withTicket(checkPassword) },
    { name: 'phone.register-finish', method: 'POST', path: '/register/:ticket/finish', serve: withTicket(finish) },
  ];
}
