// 処方箋1件に署名してもらう最小のEHR。Node.js 20以降、追加パッケージなし。
// The smallest EHR that has one prescription signed. Node.js 20 or later, no packages.
//
//   node sign.mjs pair                       一度だけ。エージェントで「接続先EHRを追加」を開いてから / once
//   node sign.mjs sign prescription.csv prescription.xml
import { createHash, createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';

const keptFile = process.env.EHR_KEPT_FILE ?? 'agent.json'; // token: 実運用ではOSの保護領域へ / keep it like a password
const port = Number(process.env.HPKI_AGENT_PORT ?? 17090);
const base = `http://127.0.0.1:${port}`;

async function call(method, path, { token, body, headers } = {}) {
  const answer = await fetch(base + path, {
    method,
    redirect: 'error',
    headers: {
      'Accept-Language': 'ja',
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = await answer.json();
  // 失敗は application/problem+json。title と remedy を人に見せ、分岐は code で。
  if (!answer.ok) throw new Error(`${content.code}: ${content.title} ${content.detail ?? ''} ${content.remedy}`);
  return content;
}

async function pair() {
  const pairing = await call('POST', '/v1/pairings', { body: { clientName: 'サンプルEHR' } });
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const code = await prompt.question('エージェントに表示された6桁の番号: ');
  prompt.close();
  const token = randomBytes(32).toString('base64url');
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  await call('POST', `/v1/pairings/${pairing.id}/confirm`, { body: { code: code.trim(), tokenSha256 } });
  await writeFile(keptFile, JSON.stringify({ token, publicKey: pairing.publicKey }), { mode: 0o600 });
}

/** 患者のデータを送る前に、相手がペアリングしたエージェントであることを確かめる。 */
async function proveAgent(publicKey) {
  const nonce = randomBytes(24).toString('base64url');
  const { instance, signature } = await call('GET', `/health?nonce=${nonce}`);
  const signed = Buffer.from(`hpki-agent health v1\n${nonce}\n${port}\n${instance}\n`);
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  if (!verify(null, signed, key, Buffer.from(signature ?? '', 'base64'))) throw new Error('別のプログラムがポートを使っています');
}

async function sign(csvFile, xmlFile) {
  const { token, publicKey } = JSON.parse(await readFile(keptFile, 'utf8'));
  await proveAgent(publicKey);
  const idempotencyKey = randomUUID(); // 応答が届かなかったら、同じ値と同じ内容でやり直す / resend with the same key
  let answer = await call('POST', '/v1/signatures', {
    token,
    headers: { 'Idempotency-Key': idempotencyKey, Prefer: 'wait=60' },
    body: {
      staff: { id: 'D0012', name: '医者 三郎' },
      documents: [{ id: 'rx-1', type: 'prescription', csv: (await readFile(csvFile)).toString('base64') }],
    },
  });
  while (!['signed', 'failed', 'cancelled', 'expired'].includes(answer.state)) {
    console.error(answer.reason ?? answer.state); // 例: カードの挿入を待っています
    answer = await call('GET', `/v1/signatures/${answer.id}?wait=60`, { token });
  }
  if (answer.state !== 'signed') throw new Error(`${answer.problem.code}: ${answer.problem.title}`);
  await writeFile(xmlFile, Buffer.from(answer.documents[0].xml, 'base64'));
  console.log(`${answer.signer.name} (${answer.signer.role}) ${answer.signedAt} audit ${answer.audit.seq}`);
}

const [command, ...files] = process.argv.slice(2);
if (command === 'pair') await pair();
else if (command === 'sign' && files.length === 2) await sign(...files);
else {
  console.error('node sign.mjs pair | sign CSV XML');
  process.exitCode = 64;
}
