/* global document, fetch, setTimeout */
/** What the pages' scripts share. */

/** @param {string} text @param {'busy' | 'done' | 'problem'} kind */
export function say(text, kind) {
  const state = document.getElementById('state');
  state.textContent = text;
  state.dataset.kind = kind;
}

/** Posts JSON to an address below this page's own. @param {string} step @param {unknown} body */
export async function post(step, body) {
  const answer = await fetch(`${document.location.pathname}/${step}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { ok: answer.ok, ...(await answer.json()) };
}

/** Nothing can be done here any more. @param {string} text @param {'done' | 'problem'} kind */
export function end(text, kind) {
  say(text, kind);
  for (const control of document.querySelectorAll('form, #decline, #countdown')) control.remove();
}

/** Counts down what the page was given, and tells when it is over. @param {() => void} over */
export function countDown(over) {
  const clock = document.getElementById('countdown');
  const until = Date.now() + Number(clock.dataset.seconds) * 1000;
  const show = () => {
    // Whatever ended the page has taken the countdown away.
    if (!clock.isConnected) return;
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    clock.textContent = `あと${left}秒`;
    if (left > 0) setTimeout(show, 250);
    else over();
  };
  show();
}
