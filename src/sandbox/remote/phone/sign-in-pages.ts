import type { FaultInjector } from '../faults/fault-injector.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { html } from '../pages/html.ts';
import { answerNotice, answerPage } from '../pages/page.ts';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';
import { phoneOf } from './phone-cookie.ts';
import type { Passkeys } from './passkeys.ts';
import type { SignIn, SignInDesk } from './sign-in-desk.ts';

export interface SignInPageParts {
  readonly desk: SignInDesk;
  readonly passkeys: Passkeys;
  readonly faults: FaultInjector;
  readonly clock: ServiceClock;
}

const title = '端末の認証';

const otherPhoneText = 'このQRコードは、すでに別のスマートフォンで読み取られています。心当たりがなければ、端末の画面で中止してください。';

const japaneseTime = new Intl.DateTimeFormat('ja-JP', { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'Asia/Tokyo' });

/** What the phone shows after a QR code was scanned: which terminal, the number, who you are, biometrics. */
export function signInRoutes({ desk, passkeys, faults, clock }: SignInPageParts): readonly Route[] {
  interface Scanned {
    readonly signIn: SignIn;
    readonly phone: string;
    readonly owner: RemotePerson;
  }

  /** The sign-in that this phone may go on with, or why it may not. A phone that is nobody's leaves the code unused. */
  function scan(exchange: Exchange): Scanned | string {
    const signIn = desk.find(exchange.parameter('code'));
    if (signIn === undefined) return 'このQRコードは見つかりません。端末の画面のQRコードを読み取ってください。';
    const phone = phoneOf(exchange);
    const owner = passkeys.ownerOf(phone);
    if (owner === null) return 'このスマートフォンは登録されていません。先に登録してください。';
    switch (signIn.scan(phone)) {
      case 'ours':
        return { signIn, phone, owner };
      case 'other-phone':
        return otherPhoneText;
      case 'over':
        return overText(signIn);
    }
  }

  const withScan =
    (serve: (exchange: Exchange, scanned: Scanned) => Promise<void>): Route['serve'] =>
    async (exchange) => {
      const scanned = scan(exchange);
      if (typeof scanned === 'string') exchange.answerJson(410, { text: scanned, over: true });
      else await serve(exchange, scanned);
    };

  function showPage(exchange: Exchange): void {
    const scanned = scan(exchange);
    if (typeof scanned === 'string') {
      answerNotice(exchange, title, scanned, 410);
      return;
    }
    const { signIn, owner } = scanned;
    answerPage(exchange, {
      title,
      script: 'sign-in.js',
      main: html`
<dl>
<dt>医療機関</dt><dd>${signIn.display.facility}</dd>
<dt>端末</dt><dd>${signIn.display.terminal}</dd>
<dt>端末の医師</dt><dd>${signIn.display.doctor}</dd>
<dt>時刻</dt><dd>${japaneseTime.format(signIn.begunAt)}</dd>
</dl>
<p class="you"><span>このスマートフォンの利用者</span><strong>${owner.name}</strong><span>${owner.userId}</span></p>
<form id="number-form" autocomplete="off">
<label for="number">端末の画面の番号</label>
<input id="number" name="number" inputmode="numeric" pattern="[0-9]*" maxlength="6" required autocomplete="off" autofocus>
<button>本人です。認証する</button>
</form>
<p id="state" role="status"></p>
<p id="countdown" role="timer" data-seconds="${Math.max(0, Math.ceil((signIn.expiresAt.getTime() - clock.now()) / 1000))}"></p>
<p class="small">心当たりのない端末なら、認証しないでください。</p>
<button id="decline" class="quiet">認証しない</button>`,
    });
  }

  async function tryNumber(exchange: Exchange, { signIn, phone, owner }: Scanned): Promise<void> {
    const { number } = await exchange.json();
    const answer = await signIn.tryNumber(phone, typeof number === 'string' ? number.trim() : '');
    if (answer === 'right') {
      const askToVerify = faults.take('user-verification-missing', 'phone.sign-in') === null;
      exchange.answerJson(200, { options: await passkeys.authenticationOptions(phone, owner, askToVerify) });
    } else if (answer === 'wrong' && signIn.triesLeft > 0) {
      exchange.answerJson(403, { text: `番号が違います。あと${signIn.triesLeft}回間違えると無効になります。` });
    } else exchange.answerJson(410, { text: overText(signIn), over: true });
  }

  async function finish(exchange: Exchange, { signIn, phone, owner }: Scanned): Promise<void> {
    const { response } = await exchange.json();
    const person = await passkeys.authenticate(phone, response);
    if (person?.subject !== owner.subject) {
      exchange.answerJson(403, { text: '本人を確認できませんでした。指紋・顔認証か画面ロックの解除が必要です。' });
    } else if ((await signIn.approve(phone, person)) === 'approved') {
      exchange.answerJson(200, { text: `${signIn.display.terminal}で認証しました。端末に戻ってください。` });
    } else exchange.answerJson(410, { text: overText(signIn), over: true });
  }

  return [
    {
      name: 'phone.code',
      method: 'GET',
      path: '/s',
      serve(exchange) {
        const code = exchange.url.searchParams.get('code');
        if (code === null) answerPage(exchange, { title, main: codeForm });
        else exchange.redirect(`/s/${encodeURIComponent(code)}`);
      },
    },
    { name: 'phone.sign-in', method: 'GET', path: '/s/:code', serve: showPage },
    { name: 'phone.number', method: 'POST', path: '/s/:code/number', serve: withScan(tryNumber) },
    { name: 'phone.finish', method: 'POST', path: '/s/:code/finish', serve: withScan(finish) },
    {
      name: 'phone.decline',
      method: 'POST',
      path: '/s/:code/decline',
      serve: withScan(async (exchange, { signIn, phone }) => {
        await signIn.decline(phone);
        exchange.answerJson(200, { text: '認証しませんでした。', over: true });
      }),
    },
  ];
}

function overText({ state, triesLeft }: SignIn): string {
  if (state === 'approved') return 'このQRコードは使用済みです。';
  if (state === 'expired') return 'QRコードの時間が過ぎました。端末の画面で「再表示」を押してください。';
  return triesLeft === 0 ? '番号を3回間違えたため、このQRコードは無効になりました。端末からやり直してください。' : 'このQRコードは取り消されました。';
}

const codeForm = html`
<form method="get" action="/s">
<label for="code">端末の画面のコード</label>
<input id="code" name="code" required autocomplete="off" autocapitalize="characters" autofocus>
<button>次へ</button>
</form>`;
