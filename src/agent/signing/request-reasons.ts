import type { CardNeed } from '../ports.ts';
import type { ConsentQuestionKind, Phase } from './request-state.ts';

interface Said {
  readonly ja: string;
  readonly en: string;
}

const needs: Readonly<Record<CardNeed, Said>> = {
  no_service: { ja: 'スマートカードサービスの開始を待っています', en: 'Waiting for the smart card service' },
  no_reader: { ja: 'カードリーダーの接続を待っています', en: 'Waiting for a card reader' },
  no_card: { ja: 'HPKIカードの挿入を待っています', en: 'Waiting for an HPKI card' },
  card_removed: { ja: 'カードが抜かれました。挿し直されるのを待っています', en: 'The card was removed: waiting for it to be put back' },
  unknown_card: { ja: '署名に使えるHPKIカードを待っています', en: 'Waiting for a card that can sign' },
  card_in_use: { ja: '別のプログラムがカードを使い終わるのを待っています', en: 'Waiting for another program to let go of the card' },
  module_failed: { ja: 'カードのモジュールの復旧を待っています', en: 'Waiting for the card module to recover' },
  other_doctor: { ja: 'ご本人のカードを待っています', en: "Waiting for the staff member's own card" },
};

const inTurn: Said = { ja: '受け付けました。先の署名要求があるときは、それが終わり次第、確認を始めます', en: 'Received; it is shown at once, or when earlier requests have ended' };
const cardChoice: Said = { ja: 'カードの選択を待っています', en: 'Waiting for a card to be chosen' };
const binding: Said = { ja: '職員とカードの対応の確認を待っています', en: 'Waiting for the card to be confirmed for this staff member' };
const authentication: Said = { ja: 'リモート署名の認証を待っています', en: 'Waiting for the authentication for remote signing' };
const content: Said = { ja: '内容の確認を待っています', en: 'Waiting for consent' };
const pin: Said = { ja: '確認とPINの入力を待っています', en: 'Waiting for consent and the PIN' };
const pinAgain: Said = { ja: 'PINの再入力を待っています', en: 'Waiting for the PIN to be typed again' };
const phone: Said = { ja: 'スマートフォンでの承認を待っています', en: 'Waiting for approval on the phone' };

const questions: Readonly<Record<ConsentQuestionKind, Said>> = { card_choice: cardChoice, binding, authentication, content };

/** Why a request waits, in words for people; null when it does not. */
export function reasonOf(phase: Phase): Said | null {
  switch (phase.state) {
    case 'received':
      return inTurn;
    case 'awaiting_card':
      return needs[phase.need];
    case 'awaiting_consent':
      return questions[phase.question];
    case 'awaiting_pin':
      return phase.refused ? pinAgain : pin;
    case 'awaiting_phone':
      return phone;
    case 'signing': {
      const { done, total } = phase;
      if (total === 0) return { ja: '署名を確かめています', en: 'Checking the signatures' };
      return { ja: `署名しています（${done}/${total}）`, en: `Signing (${done} of ${total})` };
    }
    case 'signed':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return null;
  }
}
