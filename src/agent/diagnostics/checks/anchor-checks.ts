import { result, type Check } from '../check.ts';
import { daysUntil } from '../days-until.ts';

const title = { ja: '信頼するルート証明書', en: 'Trust anchors' };

export const checkAnchors: Check = ({ anchors, unreadableTrustFiles, now }) => {
  const unreadable = unreadableTrustFiles.map(({ file, why }) =>
    result('anchors.file', title, 'problem', { ja: `読めないファイル: ${file}（${why}）`, en: `Cannot be read: ${file} (${why})` }, {
      ja: 'ポリシー trust のファイルを、読める証明書・失効リスト（PEMまたはDER）に直してください。それまで、そのファイルはないものとして検証します。',
      en: 'Mend the file that policy trust names: a certificate or revocation list, PEM or DER. Until then it counts as absent.',
    }),
  );
  if (anchors.length === 0) {
    return [
      ...unreadable,
      result('anchors', title, 'warning', { ja: '登録されていません（カード内のルートを指紋で照合します）', en: 'None imported (the root on the card is recognised by its fingerprint)' }, {
        ja: '検証で経路まで確かめるには、厚生労働省HPKIルート証明書を hpki-agent anchors import で登録してください。',
        en: 'To have whole paths checked, import the MHLW HPKI root with hpki-agent anchors import.',
      }),
    ];
  }
  return unreadable.concat(anchors.map((anchor) => {
    const days = daysUntil(anchor.notAfter, now);
    const text = `${anchor.name} (${anchor.sha256.slice(0, 16)}…)`;
    return days < 0
      ? result('anchors', title, 'problem', { ja: `期限切れ: ${text}`, en: `Expired: ${text}` }, {
          ja: '新しいルート証明書を登録してください。',
          en: 'Import the new root.',
        })
      : result('anchors', title, 'ok', { ja: `${text} ${anchor.known ? '公表された指紋と一致' : 'ポリシーで指定'}`, en: `${text} ${anchor.known ? 'known by its published fingerprint' : 'set by policy'}` });
  }));
};
