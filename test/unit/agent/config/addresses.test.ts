import { describe, expect, it } from 'vitest';
import { proxyAddress, serviceAddress } from '../../../../src/agent/config/addresses.ts';

describe('addresses of policy', () => {
  it.each(['https://sign.example.jp', 'https://sign.example.jp:8443/csc/v2', 'https://localhost:8443/', 'https://[::1]:8443'])('takes the service %s', (address) => {
    expect(serviceAddress.safeParse(address).success).toBe(true);
  });

  it.each(['http://sign.example.jp', 'http://localhost:8443', 'http://127.0.0.1', 'https://user:secret@sign.example.jp', 'https://sign.example.jp@evil.example', 'ftp://sign.example.jp', 'file:///etc/passwd', 'sign.example.jp', 'https://', 'https://sign.example.jp\\@evil.example', 'https://sign.example.jp/\nx', 'https://sign.example.jp:65536', 'https://[::1]:99999', 'https://[::1::2]'])(
    'refuses the service %j',
    (address) => expect(serviceAddress.safeParse(address).success).toBe(false),
  );

  it.each(['http://proxy.example.jp:3128', 'https://proxy:443/'])('takes the proxy %s', (address) => {
    expect(proxyAddress.safeParse(address).success).toBe(true);
  });

  it.each(['http://user:secret@proxy.example.jp:3128', 'http://proxy.example.jp:3128/path', 'socks5://proxy:1080', 'proxy:3128', 'http://proxy.example.jp:99999'])('refuses the proxy %s: a policy is a file that every user reads', (address) => {
    expect(proxyAddress.safeParse(address).success).toBe(false);
  });
});
