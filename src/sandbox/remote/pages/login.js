/* global document, fetch, setTimeout */
import { countDown, say } from './page-parts.js';

const texts = {
  waiting: 'スマートフォンで読み取られるのを待っています。',
  scanned: 'スマートフォンで読み取りました。番号を入力してください。',
  'number-right': 'スマートフォンで本人を確認しています。',
  refused: 'スマートフォンで認証されませんでした。',
  expired: 'QRコードの時間が過ぎました。',
};

async function watch() {
  const answer = await fetch(`${document.location.pathname}/state`);
  const { state } = answer.ok ? await answer.json() : { state: 'expired' };
  if (state === 'approved') {
    document.location.replace(`${document.location.pathname}/finish`);
    return;
  }
  const over = state === 'refused' || state === 'expired';
  say(texts[state] ?? '', over ? 'problem' : 'busy');
  if (over) hideCode();
  else setTimeout(watch, 1000);
}

function hideCode() {
  for (const part of document.querySelectorAll('.qr, .number, #countdown')) part.remove();
}

countDown(hideCode);
void watch();
