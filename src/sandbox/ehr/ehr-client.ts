import { createHash, createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto';

/**
 * A small EHR, to be read: everything that an EHR needs to know of the local API is in this file, with nothing but
 * Node's own fetch and crypto. It never sends a patient's data to a port before the agent there has proved itself.
 */

/** What an EHR keeps after pairing. The token is a password: store it as one. */
export interface PairedAgent {
  readonly port: number;
  readonly token: string;
  /** The agent's Ed25519 key, SPKI DER in base64, as pairing gave it. */
  readonly publicKey: string;
}

export interface StaffMember {
  readonly id: string;
  readonly name: string;
}

export type DocumentForSignature =
  | { readonly id: string; readonly type: 'prescription'; readonly csv: Uint8Array }
  | { readonly id: string; readonly type: 'dispensing'; readonly csv: Uint8Array; readonly prescription: Uint8Array };

export interface SignedAnswer {
  readonly id: string;
  readonly signer: { readonly name: string; readonly role: string | null; readonly certificateSha256: string };
  readonly signedAt: string;
  readonly audit: { readonly seq: number; readonly hash: string };
  readonly documents: readonly { readonly id: string; readonly xml: Uint8Array; readonly warnings: readonly string[] }[];
}

/** A problem+json answer (RFC 9457). Show `title` and `remedy` to the person; branch on `code`. */
export class AgentProblem extends Error {
  override readonly name = 'AgentProblem';
  readonly code: string;
  readonly status: number;
  readonly retriable: boolean;
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(problem: Readonly<Record<string, unknown>>) {
    super(`${String(problem['code'])}: ${String(problem['title'])}`);
    this.code = String(problem['code']);
    this.status = Number(problem['status']);
    this.retriable = problem['retriable'] === true;
    this.problem = problem;
  }
}

/** The program on the port is not the agent that was paired: nothing was sent to it. */
export class NotOurAgent extends Error {
  override readonly name = 'NotOurAgent';
}

/** The ports on which an agent may listen. */
const defaultPorts: readonly number[] = [17090, 17091, 17092, 17093, 17094, 17095, 17096, 17097, 17098, 17099];

/** Finds the port of a running agent, in the order of the list. */
export async function findAgent(ports: readonly number[] = defaultPorts): Promise<number | undefined> {
  for (const port of ports) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(500) }).catch(() => undefined);
    if (answer?.ok !== true) continue;
    const health = (await answer.json().catch(() => ({}))) as { name?: unknown };
    if (health.name === 'hpki-agent') return port;
  }
  return undefined;
}

/**
 * Pairs once. The agent shows six digits to the person, who types them into the EHR: `askForCode` is that form field.
 * The EHR makes the token and sends only its hash. A problem is told in `language`.
 */
export async function pair(port: number, clientName: string, askForCode: () => Promise<string>, language: 'ja' | 'en' = 'ja'): Promise<PairedAgent> {
  const pairing = (await call(port, 'POST', '/v1/pairings', { language, body: { clientName } })) as { id: string; publicKey: string };
  const token = randomBytes(32).toString('base64url');
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  await call(port, 'POST', `/v1/pairings/${pairing.id}/confirm`, { language, body: { code: await askForCode(), tokenSha256 } });
  return { port, token, publicKey: pairing.publicKey };
}

/**
 * Proves that the program on the port is the paired agent: it signs our nonce, the port that we connected to and its
 * instance. A program that took the port cannot, and one that passes our nonce on to the real agent gives another port.
 */
export async function proveAgent({ port, publicKey }: PairedAgent): Promise<void> {
  const nonce = randomBytes(24).toString('base64url');
  const health = (await call(port, 'GET', `/health?nonce=${nonce}`)) as { instance?: unknown; signature?: unknown };
  const signed = Buffer.from(`hpki-agent health v1\n${nonce}\n${port}\n${String(health.instance)}\n`, 'utf8');
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  if (!verify(null, signed, key, Buffer.from(String(health.signature), 'base64'))) {
    throw new NotOurAgent(`port ${port} is not held by the paired agent`);
  }
}

/**
 * Has documents signed and waits for the person. Call it again with the same `idempotencyKey` and the same documents
 * after a lost answer: nothing is ever signed twice. A problem is told in `language`.
 */
export async function sign(
  agent: PairedAgent,
  staff: StaffMember,
  documents: readonly DocumentForSignature[],
  idempotencyKey: string = randomUUID(),
  language: 'ja' | 'en' = 'ja',
): Promise<SignedAnswer> {
  await proveAgent(agent);
  const body = { staff, method: 'auto', documents: documents.map(asJson) };
  const headers = { 'Idempotency-Key': idempotencyKey, Prefer: 'wait=60' };
  let answer = (await call(agent.port, 'POST', '/v1/signatures', { token: agent.token, language, body, headers })) as { id: string; state: string };
  while (!['signed', 'failed', 'cancelled', 'expired'].includes(answer.state)) {
    answer = (await call(agent.port, 'GET', `/v1/signatures/${answer.id}?wait=60`, { token: agent.token, language })) as typeof answer;
  }
  if (answer.state !== 'signed') throw new AgentProblem((answer as unknown as { problem: Record<string, unknown> }).problem);
  return withBytes(answer as unknown as SignedWithBase64);
}

/** The agent's verification report of a signed document. */
export async function verifyDocument(agent: PairedAgent, xml: Uint8Array): Promise<Readonly<Record<string, unknown>>> {
  await proveAgent(agent);
  const body = { xml: Buffer.from(xml).toString('base64') };
  return (await call(agent.port, 'POST', '/v1/verifications', { token: agent.token, body })) as Readonly<Record<string, unknown>>;
}

function asJson(document: DocumentForSignature): Readonly<Record<string, string>> {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const { id, type, csv } = document;
  if (document.type === 'prescription') return { id, type, csv: base64(csv) };
  return { id, type, csv: base64(csv), prescription: base64(document.prescription) };
}

type SignedWithBase64 = Omit<SignedAnswer, 'documents'> & {
  readonly documents: readonly { readonly id: string; readonly xml: string; readonly warnings: readonly string[] }[];
};

function withBytes(answer: SignedWithBase64): SignedAnswer {
  return {
    ...answer,
    documents: answer.documents.map((document) => ({ ...document, xml: new Uint8Array(Buffer.from(document.xml, 'base64')) })),
  };
}

interface CallOptions {
  readonly language?: 'ja' | 'en';
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function call(port: number, method: string, path: string, { token, language = 'ja', body, headers = {} }: CallOptions = {}): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    redirect: 'error',
    headers: {
      'Accept-Language': language,
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const content = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new AgentProblem(content);
  return content;
}
