/** Chromium's net errors (net/base/net_error_list.h), by name, as far as pages here can meet them. */
const codes: Readonly<Record<string, number>> = {
  ERR_FAILED: -2,
  ERR_ABORTED: -3,
  ERR_BLOCKED_BY_CLIENT: -20,
  ERR_CONNECTION_REFUSED: -102,
  ERR_NAME_NOT_RESOLVED: -105,
  ERR_TUNNEL_CONNECTION_FAILED: -111,
  ERR_PROXY_CONNECTION_FAILED: -130,
  ERR_CERT_COMMON_NAME_INVALID: -200,
  ERR_CERT_DATE_INVALID: -201,
  ERR_CERT_AUTHORITY_INVALID: -202,
};

export interface NetError {
  readonly name: string;
  readonly code: number;
}

/** From Playwright's words for it. */
export function netErrorIn(text: string): NetError {
  const name = /interrupted by another navigation/.test(text) ? 'ERR_ABORTED' : (/(?:net::)?(ERR_\w+)/.exec(text)?.[1] ?? 'ERR_FAILED');
  return { name, code: codes[name] ?? -2 };
}
