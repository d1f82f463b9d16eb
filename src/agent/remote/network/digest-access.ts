import { createHash } from 'node:crypto';

/** Hash functions of RFC 7616 §6.1 by what Node calls them, strongest first. */
const hashes = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;
type HashName = keyof typeof hashes;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A challenge of RFC 7616 §3.3 that can be answered. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly hash: HashName;
  /** The `-sess` variant: the key is bound to the session's first nonces. */
  readonly session: boolean;
  /** False for a challenge without qop, as RFC 2069 had it. */
  readonly qop: boolean;
  /** The nonce was too old; the password was not found wrong. */
  readonly stale: boolean;
  /** The user name is wanted hashed. */
  readonly userhash: boolean;
}

/** What goes into one answer beside challenge and password. */
export interface DigestUse {
  readonly method: string;
  /** The request-target as it is sent: `host:port` for CONNECT. */
  readonly uri: string;
  readonly cnonce: string;
  /** How often this nonce was used, this use included. */
  readonly count: number;
}

/** Reads a Digest challenge; undefined where the hash or the quality of protection is one that we do not speak. */
export function readDigestChallenge(parameters: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const algorithm = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
  const session = algorithm.endsWith('-SESS');
  const name = session ? algorithm.slice(0, -'-SESS'.length) : algorithm;
  const hash = isHashName(name) ? name : undefined;
  const [realm, nonce] = [parameters.get('realm'), parameters.get('nonce')];
  const qops = parameters.get('qop')?.split(',').map((qop) => qop.trim().toLowerCase());
  if (hash === undefined || realm === undefined || nonce === undefined) return undefined;
  if (qops !== undefined && !qops.includes('auth')) return undefined;
  const isTrue = (name: string): boolean => parameters.get(name)?.toLowerCase() === 'true';
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque') ?? null,
    hash,
    session,
    qop: qops !== undefined,
    stale: isTrue('stale'),
    userhash: isTrue('userhash'),
  };
}

/** The strongest of several challenges, as RFC 7616 §3.7 lets a client choose. */
export function strongest(challenges: readonly DigestChallenge[]): DigestChallenge | undefined {
  const order = Object.keys(hashes);
  return [...challenges].sort((a, b) => order.indexOf(a.hash) - order.indexOf(b.hash))[0];
}

/** The Proxy-Authorization (or Authorization) header of RFC 7616 §3.4. */
export function digestAuthorization(challenge: DigestChallenge, { user, password }: Credentials, use: DigestUse): string {
  const { realm, nonce, opaque, hash, session, qop, userhash } = challenge;
  const h = (text: string): string => createHash(hashes[hash]).update(text, 'utf8').digest('hex');
  const nc = use.count.toString(16).padStart(8, '0');
  const key = h(`${user}:${realm}:${password}`);
  const a1 = session ? h(`${key}:${nonce}:${use.cnonce}`) : key;
  const a2 = h(`${use.method}:${use.uri}`);
  const response = qop ? h(`${a1}:${nonce}:${nc}:${use.cnonce}:auth:${a2}`) : h(`${a1}:${nonce}:${a2}`);
  return [
    `Digest ${userhash ? `username=${quoted(h(`${user}:${realm}`))}` : userName(user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(use.uri)}`,
    `response="${response}"`,
    `algorithm=${hash}${session ? '-sess' : ''}`,
    ...(qop ? [`cnonce=${quoted(use.cnonce)}`, `nc=${nc}`, 'qop=auth'] : []),
    ...(opaque === null ? [] : [`opaque=${quoted(opaque)}`]),
    ...(userhash ? ['userhash=true'] : []),
  ].join(', ');
}

function isHashName(name: string): name is HashName {
  return Object.hasOwn(hashes, name);
}

/** A name that a quoted string cannot carry goes as the extended parameter of RFC 8187 (RFC 7616 §3.4). */
function userName(user: string): string {
  return /^[\x20-\x7e]*$/.test(user) ? `username=${quoted(user)}` : `username*=UTF-8''${encodeURIComponent(user).replace(/['()*]/g, percent)}`;
}

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
