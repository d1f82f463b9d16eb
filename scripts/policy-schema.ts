/** Writes docs/admin/policy.schema.json from the schema in src/agent/config/settings.ts. A test keeps the two equal. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { settingsSchema } from '../src/agent/config/settings.ts';

export const policySchemaFile = path.join(import.meta.dirname, '..', 'docs', 'admin', 'policy.schema.json');

/** JSON Schema 2020-12 of the machine policy: what may be written, so defaults need not be there. */
export function policySchema(): string {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ title: 'HPKI署名エージェント 端末ポリシー / machine policy', ...schema }, null, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) await writeFile(policySchemaFile, policySchema());
