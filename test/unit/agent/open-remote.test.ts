/** What remote signing finds of an earlier run when policy names no service any more. */
import { readdirSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import { silentLog } from '../../../src/agent/log.ts';
import { openRemote } from '../../../src/agent/open-remote.ts';
import { Lane } from '../../../src/agent/signing/lane.ts';
import { dataDirectory } from '../../../src/agent/storage/data-directory.ts';
import { SealedTokenStore } from '../../../src/agent/tokens/sealed-token-store.ts';
import { createCast, SigningDesk, staff } from './signing/signing-desk.ts';

let desk: SigningDesk;
afterEach(() => desk.dispose());

it.each(['memory', 'sealed'] as const)('leaves no token on the disk where policy (%s) has removed the last service, and the log says of whom and until when it may live there', async (keepTokens) => {
  desk = new SigningDesk(await createCast());
  const secrets = { ...desk.secrets, protection: 'os-keychain' } as const;
  const { clock, person: prompts, cards, bindings, audit } = desk;
  const data = dataDirectory(desk.folder);
  const expiresAt = new Date(clock.now() + 3_600_000);
  const earlier = new SealedTokenStore({ file: data.tokens, secrets, clock, log: silentLog, login: { bootedAt: null, session: 'a logon' } });
  await earlier.put({ clientId: 'ehr-1', staffId: staff.id, provider: 'removed' }, { subject: 'sub-1', method: 'smartphone', expiresAt, secret: new Uint8Array([1, 2, 3]) });
  expect(readdirSync(desk.folder)).toContain('tokens.json');
  const parts = { data, secrets, prompts, cards, bindings, audit, clock, log: silentLog, windows: new Lane(), facility: () => Promise.resolve(null), terminal: 'clinic-1' };
  const remote = await openRemote({ ...parts, providers: [], settings: settingsSchema.parse({ remote: { keepTokens } }) });
  expect(remote.signing).toBeNull();
  expect(readdirSync(desk.folder)).not.toContain('tokens.json');
  expect(desk.auditEntries()).toMatchObject([
    { event: 'authentication.ended', staffId: staff.id, notes: expect.arrayContaining(['provider=removed', 'why=service_removed', `until=${expiresAt.toISOString()}`]) as string[] },
  ]);
  await remote.close();
});
