/* global document, SimpleWebAuthnBrowser */
import { end, post, say } from './page-parts.js';

const form = document.getElementById('password-form');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const password = form.elements.password.value;
  form.elements.password.value = '';
  say('確認しています。', 'busy');
  const checked = await post('password', { password });
  if (checked.options === undefined) {
    say(checked.text, 'problem');
    return;
  }
  say('スマートフォンの指紋・顔認証を行ってください。', 'busy');
  try {
    const response = await SimpleWebAuthnBrowser.startRegistration({ optionsJSON: checked.options });
    const { ok, text } = await post('finish', { response });
    if (ok) end(text, 'done');
    else say(text, 'problem');
  } catch {
    say('登録を中断しました。もう一度パスワードを入力してください。', 'problem');
  }
});
