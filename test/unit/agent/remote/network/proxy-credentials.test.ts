import { expect, it } from 'vitest';
import { credentialsFor, keepCredentials } from '../../../../../src/agent/remote/network/proxy-credentials.ts';
import { policyProxy } from '../../../../../src/agent/remote/network/proxy-route.ts';
import { memorySecrets } from '../../../../support/network/test-network.ts';

it('sends what was set for one proxy to no other one, whoever names it', async () => {
  const secrets = memorySecrets();
  await keepCredentials('proxy.example:3128', { user: 'u', password: 'p' }, secrets);
  expect(await credentialsFor(policyProxy('http://proxy.example:3128'), 'system', secrets)).toEqual({ user: 'u', password: 'p' });
  for (const other of ['http://wpad.example:3128', 'http://proxy.example:3129', 'http://proxy.example.evil:3128']) {
    expect(await credentialsFor(policyProxy(other), 'system', secrets)).toBeNull();
  }
});
