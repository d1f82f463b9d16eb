import { parseCertificate } from '../../../formats/pki/certificate.ts';
import type { CardStackState, ReaderState } from '../../../native/host/card-host.ts';
import { result, type Check, type CheckResult } from '../check.ts';
import { daysUntil } from '../days-until.ts';

const service = { ja: 'スマートカードサービス', en: 'Smart card service' };
const reader = { ja: 'カードリーダー', en: 'Card reader' };
const card = { ja: 'HPKIカード', en: 'HPKI card' };
const certificate = { ja: '証明書の期限', en: 'Certificate validity' };

/** Neither name nor end: a My Number card's certificate ends on its holder's birthday. */
const identityCards = {
  jpki: { ja: 'マイナンバーカードです。本人認証に使えます（処方箋には署名できません）', en: 'A My Number card: it authenticates, and signs no prescriptions' },
  hpki: { ja: '本人認証用のHPKIカードです（処方箋には署名できません）', en: 'An HPKI card for authentication: it signs no prescriptions' },
};

/** Days before the end at which a person is told; the first is when a renewal should be applied for. */
export const expiryWarningDays = 60;

export const checkCards: Check = ({ cards, now }) => {
  if (cards === null) {
    return [
      result('card.service', service, 'not_applicable', {
        ja: 'カードによる署名はポリシーで無効です',
        en: 'Policy has switched card signing off',
      }),
    ];
  }
  if (cards.service === 'unavailable') return [unavailable(cards)];
  return [
    result('card.service', service, 'ok', { ja: '動作しています', en: 'Running' }),
    ...readers(cards.readers, now),
  ];
};

function unavailable(cards: Extract<CardStackState, { service: 'unavailable' }>): CheckResult {
  return cards.code === 'NO_CARD_SERVICE'
    ? result(
        'card.service',
        service,
        'problem',
        { ja: `動作していません（${cards.detail}）`, en: `Not running (${cards.detail})` },
        {
          ja: 'Windowsはサービス「Smart Card」、Linuxはpcscd（apt install pcscd）を起動してください。エージェントの再起動は要りません。',
          en: 'Start the service "Smart Card" (Windows) or pcscd (Linux: apt install pcscd). The agent need not be restarted.',
        },
      )
    : result(
        'card.service',
        service,
        'problem',
        { ja: `カードのモジュールが停止しました（${cards.detail}）`, en: `The card module stopped (${cards.detail})` },
        {
          ja: 'モジュールの版をベンダーに確認し、hpki-agent status --revive で再試行してください。',
          en: "Check the module's version with its vendor, then try again by hpki-agent status --revive.",
        },
      );
}

function readers(states: readonly ReaderState[], now: Date): readonly CheckResult[] {
  if (states.length === 0) {
    return [
      result(
        'card.reader',
        reader,
        'problem',
        { ja: '接続されていません', en: 'None is connected' },
        {
          ja: 'USBを差し直してください。リモートデスクトップでは手元のPCのリーダーが使われます。',
          en: 'Plug it in again. In a remote desktop session the readers of the local PC are used.',
        },
      ),
    ];
  }
  const oneIsReady = states.some(({ state }) => state === 'ready');
  return states.flatMap((state) => readerResults(state, oneIsReady, now));
}

function readerResults(state: ReaderState, oneIsReady: boolean, now: Date): readonly CheckResult[] {
  const found = result('card.reader', reader, 'ok', { ja: state.reader, en: state.reader });
  switch (state.state) {
    case 'empty':
      // A second reader, or a slot of the same one, is for another card.
      if (oneIsReady) return [found, result('card.present', card, 'not_applicable', { ja: '挿入されていません', en: 'None is inserted' })];
      return [
        found,
        result('card.present', card, 'warning', { ja: '挿入されていません', en: 'None is inserted' }, {
          ja: '署名するときにHPKIカードを挿入してください。',
          en: 'Insert the HPKI card when you sign.',
        }),
      ];
    case 'reading':
      return [found, result('card.present', card, 'ok', { ja: '読み取り中です', en: 'Being read' })];
    case 'in_use':
      return [
        found,
        result('card.present', card, 'warning', { ja: '別のプログラムが使用中です', en: 'Another program uses it' }, {
          ja: '資格確認などの処理が終わるのを待ってください。',
          en: 'Wait until the other program (eligibility check) has finished.',
        }),
      ];
    case 'unknown_card':
      return [
        found,
        result('card.present', card, 'problem', { ja: `署名用のHPKIカードではありません（${state.reason}）`, en: `No HPKI signing card (${state.reason})` }, {
          ja: 'ICチップの向きを確かめ、HPKIカードを挿入してください。',
          en: 'Check which way the chip faces and insert the HPKI card.',
        }),
      ];
    case 'identity_card':
      return [found, result('card.present', card, 'ok', identityCards[state.authentication.kind])];
    case 'ready':
      return [
        found,
        result('card.present', card, 'ok', {
          ja: `読み取れました（${state.card.driver === 'direct' ? '直接' : 'PKCS#11モジュール'}${state.card.keypad === true ? '、PINはリーダーのキーで入力' : ''}）`,
          en: `Read (${state.card.driver === 'direct' ? 'direct driver' : 'PKCS#11 module'}${state.card.keypad === true ? ', PIN on the reader’s own keys' : ''})`,
        }),
        certificateResult(state.card.certificate, now),
      ];
  }
}

function certificateResult(der: Uint8Array, now: Date): CheckResult {
  const { notBefore, notAfter } = parseCertificate(der);
  const days = daysUntil(notAfter, now);
  const until = notAfter.toISOString().slice(0, 10);
  if (now < notBefore || days < 0) {
    return result('card.certificate', certificate, 'problem', { ja: `有効期間外です（${until}まで）`, en: `Outside its validity (until ${until})` }, {
      ja: '認証局に更新を申請してください。',
      en: 'Apply to the certificate authority for a new card.',
    });
  }
  if (days <= expiryWarningDays) {
    return result('card.certificate', certificate, 'warning', { ja: `あと${days}日（${until}まで）`, en: `${days} days left (until ${until})` }, {
      ja: '交付には数週間かかります。いま更新を申請してください。',
      en: 'Issue takes weeks: apply for the renewal now.',
    });
  }
  return result('card.certificate', certificate, 'ok', { ja: `あと${days}日（${until}まで）`, en: `${days} days left (until ${until})` });
}
