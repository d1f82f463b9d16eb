/* global document, SimpleWebAuthnBrowser */
import { countDown, end, post, say } from './page-parts.js';

const form = document.getElementById('number-form');

/** What went wrong, on a page that can go on or not. @param {{ over?: boolean, text: string }} answer */
function refuse({ over, text }) {
  if (over === true) end(text, 'problem');
  else say(text, 'problem');
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const number = form.elements.number.value;
  form.elements.number.value = '';
  say('確認しています。', 'busy');
  const checked = await post('number', { number });
  if (checked.options === undefined) {
    refuse(checked);
    return;
  }
  say('スマートフォンの指紋・顔認証を行ってください。', 'busy');
  try {
    const response = await SimpleWebAuthnBrowser.startAuthentication({ optionsJSON: checked.options });
    const finished = await post('finish', { response });
    if (finished.ok) end(finished.text, 'done');
    else refuse(finished);
  } catch {
    say('認証を中断しました。もう一度番号を入力してください。', 'problem');
  }
});

document.getElementById('decline').addEventListener('click', async () => {
  const { text } = await post('decline', {});
  end(text, 'done');
});

countDown(() => end('QRコードの時間が過ぎました。端末の画面で「再表示」を押してください。', 'problem'));
