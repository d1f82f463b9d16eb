import { randomBytes } from 'node:crypto';
import type { Exchange } from '../http/exchange.ts';

const name = 'hpki_phone';

/** The phone of a request, or null where it has not been here before. */
function knownPhone(exchange: Exchange): string | null {
  const value = exchange.cookie(name);
  return value !== null && /^[\w-]{22}$/.test(value) ? value : null;
}

/** The phone of a request; one that is new here gets a name. */
export function phoneOf(exchange: Exchange): string {
  const known = knownPhone(exchange);
  if (known !== null) return known;
  const phone = randomBytes(16).toString('base64url');
  const secure = exchange.url.protocol === 'https:' ? '; Secure' : '';
  exchange.response.setHeader('Set-Cookie', `${name}=${phone}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000${secure}`);
  return phone;
}
