import type { CardNeed, ConsentQuestion, DialogOutcome, PinRefusal } from '../../agent/ports.ts';
import type { PairingEnd } from '../../agent/api/pairing.ts';
import type { NamePair } from '../../agent/signing/name-differences.ts';
import type { DocumentType } from '../../formats/prescription/document.ts';
import type { Language } from '../language.ts';

interface TerminalTexts {
  readonly requestTitle: (documents: number) => string;
  readonly documentTypes: Record<DocumentType, string>;
  readonly caller: string;
  readonly staffInEhr: string;
  readonly personInDocument: string;
  readonly card: string;
  readonly noRole: string;
  readonly daysLeft: (days: number) => string;
  readonly waiting: string;
  readonly cardNeeds: Record<CardNeed, string>;
  readonly escCancels: string;
  readonly chooseCard: string;
  readonly bindingTitle: Record<'card' | 'cloud', string>;
  readonly places: Record<'card' | 'cloud', string>;
  readonly namesDiffer: Record<NamePair, string>;
  readonly bindingQuestion: string;
  readonly authenticateInstead: string;
  readonly consentWhy: Record<ConsentQuestion['why'], string>;
  readonly sessionUntil: (method: string, until: string) => string;
  readonly consentQuestion: (documents: readonly string[]) => string;
  readonly pinRefused: Record<PinRefusal, string>;
  readonly triesLeft: string;
  readonly triesUnknown: string;
  readonly lastTries: string;
  readonly enterPin: (signatures: number) => string;
  readonly keypadQuestion: (signatures: number) => string;
  readonly typeYesOrHere: string;
  readonly here: readonly string[];
  readonly enterAtReader: (number: number, total: number) => string;
  readonly keypadLeft: string;
  readonly typeYes: string;
  readonly typedTooEarly: string;
  readonly yes: readonly string[];
  readonly signing: string;
  readonly signed: string;
  readonly ended: Record<Exclude<DialogOutcome['outcome'], 'signed' | 'other_way'>, string>;
  readonly pairingTitle: string;
  readonly pairingCode: string;
  readonly pairingHow: string;
}

export const terminalTexts: Record<Language, TerminalTexts> = {
  ja: {
    requestTitle: (documents) => (documents === 1 ? '電子署名の確認' : `電子署名の確認（${documents}件）`),
    documentTypes: { prescription: '処方箋', dispensing: '調剤結果' },
    caller: '依頼元',
    staffInEhr: 'EHRの職員',
    personInDocument: '文書の署名者',
    card: 'カード',
    noRole: '資格なし',
    daysLeft: (days) => `残り${days}日`,
    waiting: '順番待ち',
    cardNeeds: {
      no_service: 'スマートカードサービスの開始を待っています。',
      no_reader: 'カードリーダーをつないでください。',
      no_card: 'HPKIカードを挿入してください。',
      card_removed: 'カードが抜かれました。続けるには挿し直してください。',
      unknown_card: '署名用のHPKIカードではありません。カードの種類と向きを確かめてください。',
      card_in_use: '別のプログラムがカードを使用中です。終わるのを待っています。',
      module_failed: 'カードのモジュールが応答しません。',
      other_doctor: '別の方のカードです。ご本人のHPKIカードを挿入してください。',
    },
    escCancels: '（Escで取り消し）',
    chooseCard: '使うカードを番号で選んでください（Enterで取り消し）',
    bindingTitle: {
      card: 'このカードを初めて使います。3つの名前が同じ人か確かめてください。',
      cloud: 'このリモート署名を初めて使います。3つの名前が同じ人か確かめてください。',
    },
    places: { card: 'カード      ', cloud: 'クラウドの証明書' },
    namesDiffer: {
      staff_document: 'EHRの職員と文書の署名者の名前が違います。',
      staff_certificate: 'EHRの職員と証明書の名前が違います。',
      document_certificate: '文書の署名者と証明書の名前が違います。',
    },
    bindingQuestion: '同じ人ですか？',
    authenticateInstead: 'カードを使わず、リモート署名の認証に進みますか？',
    consentWhy: { policy: 'この内容に署名してよいか確認してください。', bound_reached: '一度の認証で署名できる件数に達しました。内容を確認してください。' },
    sessionUntil: (method, until) => `${method}で認証済み（${until}まで）`,
    consentQuestion: (documents) => `${documents.join('、')} に署名しますか？`,
    pinRefused: {
      incorrect: 'PINが違います。',
      keypad_cancelled: 'リーダーで取り消されました。もう一度入力できます。',
      keypad_timed_out: 'リーダーでの入力が時間切れになりました。残り回数は減っていません。',
      keypad_refused: 'リーダーでの入力がPINの長さに合いません。残り回数は減っていません。',
      keypad_unusable: 'このリーダーのキーではPINを入力できませんでした。この端末で入力してください。残り回数は減っていません。',
    },
    triesLeft: 'PINの残り回数',
    triesUnknown: 'カードから読み取れません',
    lastTries: '残りの回数がわずかです。間違えるとカードがロックされ、再発行（5,500円、数週間）が必要です。続けますか？',
    enterPin: (signatures) => `内容を確認し、署名する場合はPINを入力してください（${signatures}件、Escで取り消し）`,
    keypadQuestion: (signatures) =>
      `内容を確認してください。署名する場合、PINはカードリーダーのキーで入力します${signatures > 1 ? `（文書ごとに${signatures}回）` : ''}。`,
    typeYesOrHere: '「はい」でリーダーの入力待ちへ、「ここ」でこの端末で入力、Enterで取り消し',
    here: ['ここ', 'here', 'h'],
    enterAtReader: (number, total) =>
      `カードリーダーでPINを入力し、確定キーを押してください（30秒以内${total > 1 ? `、${total}件中${number}件目` : ''}、Escで取り消し）`,
    keypadLeft: '取り消しました。リーダーの取消キーを押すか、30秒ほどお待ちください。リーダーで入力しても、署名にも認証にも使いません。',
    typeYes: '「はい」と入力して続行、Enterで取り消し',
    typedTooEarly: '質問が出た直後までに入力された内容は使いません。もう一度入力してください。',
    yes: ['はい', 'yes', 'y'],
    signing: '署名しています',
    signed: '署名しました。',
    ended: { failed: '署名できませんでした。', cancelled: '取り消しました。何も署名されていません。', expired: '時間が切れました。何も署名されていません。' },
    pairingTitle: '接続先EHRの追加',
    pairingCode: '確認番号',
    pairingHow: 'この番号をEHRの画面に入力してください。心当たりがなければ入力せず、Ctrl-Cで閉じてください。',
  },
  en: {
    requestTitle: (documents) => (documents === 1 ? 'Confirm the signature' : `Confirm ${documents} signatures`),
    documentTypes: { prescription: 'Prescription', dispensing: 'Dispensing result' },
    caller: 'Asked by',
    staffInEhr: 'Staff in the EHR',
    personInDocument: 'Signer in the document',
    card: 'Card',
    noRole: 'no role',
    daysLeft: (days) => `${days} days left`,
    waiting: 'Waiting',
    cardNeeds: {
      no_service: 'Waiting for the smart card service to start.',
      no_reader: 'Connect the card reader.',
      no_card: 'Insert the HPKI card.',
      card_removed: 'The card was removed. Put it back to go on.',
      unknown_card: 'This is no HPKI signing card. Check the card and which way it faces.',
      card_in_use: 'Another program is using the card; waiting for it to finish.',
      module_failed: 'The card module does not answer.',
      other_doctor: "This is another person's card. Insert your own HPKI card.",
    },
    escCancels: ' (Esc cancels)',
    chooseCard: 'Choose a card by its number (Enter cancels)',
    bindingTitle: {
      card: 'This card is used for the first time. Check that the three names are one person.',
      cloud: 'This remote signing account is used for the first time. Check that the three names are one person.',
    },
    places: { card: 'Card', cloud: 'Certificate in the cloud' },
    namesDiffer: {
      staff_document: 'The names of the staff in the EHR and of the signer in the document differ.',
      staff_certificate: 'The names of the staff in the EHR and on the certificate differ.',
      document_certificate: 'The names of the signer in the document and on the certificate differ.',
    },
    bindingQuestion: 'Are they the same person?',
    authenticateInstead: 'Authenticate for remote signing instead of waiting for a card?',
    consentWhy: { policy: 'Check the content before it is signed.', bound_reached: 'As much was signed as one authentication allows. Check the content.' },
    sessionUntil: (method, until) => `Authenticated by ${method} until ${until}`,
    consentQuestion: (documents) => `Sign ${documents.join(', ')}?`,
    pinRefused: {
      incorrect: 'The PIN is wrong.',
      keypad_cancelled: 'It was cancelled on the reader. The PIN can be entered again.',
      keypad_timed_out: 'Time was up on the reader. No try was used.',
      keypad_refused: 'What was entered on the reader does not have the length of a PIN. No try was used.',
      keypad_unusable: 'This reader could not ask for the PIN on its keys: type it here. No try was used.',
    },
    triesLeft: 'PIN tries left',
    triesUnknown: 'the card does not tell',
    lastTries: 'Few tries are left. A wrong PIN locks the card; re-issue costs ¥5,500 and takes weeks. Go on?',
    enterPin: (signatures) => `Check the content; to sign, enter the PIN (${signatures} to sign, Esc cancels)`,
    keypadQuestion: (signatures) =>
      `Check the content. To sign, the PIN is entered on the keys of the card reader${signatures > 1 ? ` (${signatures} times, once for each document)` : ''}.`,
    typeYesOrHere: 'type "yes" to let the reader ask, "here" to type it in this terminal, Enter cancels',
    here: ['here', 'h', 'ここ'],
    enterAtReader: (number, total) =>
      `Enter the PIN on the card reader and press its OK key (30 seconds${total > 1 ? `, document ${number} of ${total}` : ''}, Esc cancels)`,
    keypadLeft: 'Cancelled. Press the Cancel key of the reader, or wait for about 30 seconds. A PIN that is entered now is not used.',
    typeYes: 'type "yes" to go on, Enter cancels',
    typedTooEarly: 'What was typed before the question could be read is not used. Type it again.',
    yes: ['yes', 'y', 'はい'],
    signing: 'Signing',
    signed: 'Signed.',
    ended: { failed: 'Not signed.', cancelled: 'Cancelled. Nothing was signed.', expired: 'Time is up. Nothing was signed.' },
    pairingTitle: 'Add an EHR',
    pairingCode: 'Code',
    pairingHow: 'Type this code into the EHR. If you did not expect this, type nothing and press Ctrl-C.',
  },
};

/** How pairing ended, for whoever opened it and where the code was shown. */
export const pairingEnds: Readonly<Record<PairingEnd, { readonly ja: string; readonly en: string }>> = {
  paired: { ja: 'ペアリングしました。', en: 'Paired.' },
  refused: { ja: 'ペアリングを断りました。EHRは登録されていません。', en: 'Pairing was refused. The EHR was not added.' },
  wrong_codes: { ja: '番号を3回間違えたため、ペアリングを閉じました。接続するには、もう一度開いてください。', en: 'Pairing was closed after three wrong codes. To connect, open it again.' },
  expired: { ja: '時間切れのため、ペアリングを閉じました。接続するには、もう一度開いてください。', en: 'Pairing was closed because time was up. To connect, open it again.' },
  cancelled: { ja: 'ペアリングを閉じました。EHRは登録されていません。', en: 'Pairing was closed. No EHR was added.' },
};
