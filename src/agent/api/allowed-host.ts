/**
 * The only names under which the agent answers. A page that rebinds its own name to 127.0.0.1, and 0.0.0.0, which on
 * Linux reaches the listener too, come with another Host.
 * SECURITY: test/attacks/row-03-dns-rebinding.test.ts, row-04-other-addresses.test.ts
 */
export function isAllowedHost(host: string, port: number): boolean {
  switch (host.toLowerCase()) {
    case `127.0.0.1:${port}`:
    case `localhost:${port}`:
    case `[::1]:${port}`:
      return true;
    default:
      return false;
  }
}
