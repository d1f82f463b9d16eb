import { z } from 'zod';

/**
 * Where a program that one user installed gets its updates from: the hospital's own server, off without one. What is
 * installed for all users is updated by whoever installed it.
 * SECURITY: no http, and no update without the name that its signature must carry. test/unit/main/update-plan.test.ts
 */
export const updateSettings = z
  .strictObject({
    server: z.url({ protocol: /^https$/, error: 'an https address' }).nullable().default(null),
    /** `latest` is latest.yml on the server. */
    channel: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a short name in lower-case letters, digits and hyphens').default('latest'),
    /** The whole subject of the certificate that signs updates, as Get-AuthenticodeSignature shows it. */
    publisher: z.string().min(1).max(512).nullable().default(null),
  })
  .refine(({ server, publisher }) => server === null || publisher !== null, { error: 'update.publisher is needed with update.server', path: ['publisher'] });
