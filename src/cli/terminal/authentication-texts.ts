import type { SessionMethod } from '../../contract/api.ts';
import type { Language } from '../language.ts';

interface AuthenticationTexts {
  readonly title: string;
  readonly facility: string;
  readonly terminal: string;
  readonly documents: (count: number) => string;
  readonly methods: Record<SessionMethod, string>;
  readonly chooseMethod: string;
  readonly useCard: string;
  readonly otherMethod: string;
  readonly cancel: string;
  readonly scan: string;
  readonly address: string;
  readonly userCode: string;
  readonly number: string;
  readonly until: string;
  readonly ranOut: string;
  readonly again: string;
  readonly cards: Record<'hpki' | 'jpki', string>;
  readonly severalCards: string;
  readonly noAuthenticationCard: Record<'hpki' | 'jpki', string>;
  readonly enterPin: Record<'hpki' | 'jpki', string>;
  readonly lastTries: Record<'hpki' | 'jpki', string>;
  readonly openLogin: string;
  readonly waitForBrowser: string;
  readonly portNotHad: (port: string) => string;
  readonly backToTerminal: string;
  readonly pasteAddress: string;
  readonly notAnAddress: string;
  readonly progress: Record<'contacting' | 'checking', string>;
  readonly authenticated: (until: string) => string;
  readonly cardInstead: string;
  readonly ended: Record<'failed' | 'cancelled' | 'expired', string>;
}

export const authenticationTexts: Record<Language, AuthenticationTexts> = {
  ja: {
    title: 'リモート署名の認証',
    facility: '施設',
    terminal: 'この端末',
    documents: (count) => `認証のあと、待っている${count}件の署名を続けます。`,
    methods: { smartphone: 'スマートフォン', 'hpki-card': 'HPKIカード', 'mynumber-card': 'マイナンバーカード' },
    chooseMethod: '認証の方法を番号で選んでください（Enterで取り消し）',
    useCard: 'カードで署名する',
    otherMethod: '別の方法で認証する',
    cancel: 'Enterで取り消し',
    scan: 'スマートフォンでこのコードを読み取り、表示される施設名・端末名・氏名を確かめて承認してください。',
    address: '読み取れない場合のアドレス',
    userCode: 'コード',
    number: 'スマートフォンに入力する番号',
    until: '有効期限',
    ranOut: 'コードの有効時間が切れました。',
    again: '再表示する',
    cards: { hpki: 'HPKIカード', jpki: 'マイナンバーカード' },
    severalCards: '認証に使うカードを1枚だけにしてください。',
    noAuthenticationCard: { hpki: 'HPKIカードを挿入してください。', jpki: 'マイナンバーカードを挿入してください。' },
    enterPin: {
      hpki: '認証のため、HPKIカードのPINを入力してください（Escで取り消し）',
      jpki: '認証のため、マイナンバーカードの利用者証明用の暗証番号（数字4桁）を入力してください（Escで取り消し）',
    },
    lastTries: {
      hpki: '残りの回数がわずかです。間違えるとカードがロックされ、再発行（5,500円、数週間）が必要です。続けますか？',
      jpki: '残りの回数がわずかです。間違えるとロックされ、市区町村の窓口での初期化が必要です。続けますか？',
    },
    openLogin: 'ブラウザーで次のアドレスを開いて認証してください。',
    waitForBrowser: 'このPCのブラウザーで認証が終わると、自動で続きます。',
    portNotHad: (port) => `ポート${port}を別のプログラムが使っているか、権限がないため、自動では受け取れません。`,
    backToTerminal: '認証の結果を受け取りました。この画面を閉じて、エージェントに戻ってください。',
    pasteAddress: '認証が終わったら、ブラウザーに表示されたアドレス全体をここに貼り付けてください（Enterで取り消し）',
    notAnAddress: 'アドレスではありません。',
    progress: { contacting: '認証サービスに接続しています。', checking: '認証の結果を確かめています。' },
    authenticated: (until) => `認証しました。${until}まで、確認なしで署名できます。`,
    cardInstead: 'カードで署名します。',
    ended: { failed: '認証できませんでした。', cancelled: '認証を取り消しました。', expired: '認証の時間が切れました。' },
  },
  en: {
    title: 'Authentication for remote signing',
    facility: 'Facility',
    terminal: 'This terminal',
    documents: (count) => `After it, ${count} waiting signature(s) go on.`,
    methods: { smartphone: 'Smartphone', 'hpki-card': 'HPKI card', 'mynumber-card': 'My Number card' },
    chooseMethod: 'Choose how to authenticate by its number (Enter cancels)',
    useCard: 'sign with the card',
    otherMethod: 'authenticate in another way',
    cancel: 'Enter cancels',
    scan: 'Scan this code with the phone, check facility, terminal and name there, and approve.',
    address: 'Address, if it cannot be scanned',
    userCode: 'Code',
    number: 'Number to type on the phone',
    until: 'Valid until',
    ranOut: 'The code ran out.',
    again: 'show a new one',
    cards: { hpki: 'HPKI card', jpki: 'My Number card' },
    severalCards: 'Leave only the card with which you authenticate.',
    noAuthenticationCard: { hpki: 'Insert the HPKI card.', jpki: 'Insert the My Number card.' },
    enterPin: {
      hpki: "To authenticate, enter the HPKI card's PIN (Esc cancels)",
      jpki: "To authenticate, enter the My Number card's four-digit PIN for user authentication (Esc cancels)",
    },
    lastTries: {
      hpki: 'Few tries are left. A wrong PIN locks the card; re-issue costs ¥5,500 and takes weeks. Go on?',
      jpki: 'Few tries are left. A wrong PIN locks it, and only the municipal office resets it. Go on?',
    },
    openLogin: 'Open this address in a browser and authenticate.',
    waitForBrowser: 'It goes on by itself when a browser of this computer has authenticated.',
    portNotHad: (port) => `Port ${port} is taken or not allowed, so the result cannot be received by itself.`,
    backToTerminal: 'Received. Close this page and go back to the agent.',
    pasteAddress: 'Then paste the whole address that the browser shows here (Enter cancels)',
    notAnAddress: 'This is no address.',
    progress: { contacting: 'Connecting to the authentication service.', checking: 'Checking the result.' },
    authenticated: (until) => `Authenticated. Signatures need no further question until ${until}.`,
    cardInstead: 'The card signs instead.',
    ended: { failed: 'Not authenticated.', cancelled: 'The authentication was cancelled.', expired: 'The time for the authentication is up.' },
  },
};
