import { ProblemError } from '../contract/problem.ts';
import type { ClientRegistry } from './api/client-registry.ts';
import type { Audit } from './audit/audit-log.ts';

/** A person takes an EHR's access away. Throws NOT_FOUND (also for a client of machine policy), STORAGE_FAILED. */
export async function revokeClient(
  { clients, audit }: { readonly clients: ClientRegistry; readonly audit: Pick<Audit, 'append'> },
  id: string,
): Promise<void> {
  const client = clients.list().find((known) => known.id === id);
  if (client === undefined || !(await clients.revoke(id))) throw new ProblemError({ code: 'NOT_FOUND', detail: null });
  await audit.append({
    event: 'client.revoked',
    result: 'ok',
    caller: { clientId: client.id, clientName: client.name, origin: client.origin, program: null },
  });
}
