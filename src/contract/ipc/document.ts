import { z } from 'zod';
import { bilingual } from './parts.ts';

const summaryRow = z.object({
  label: bilingual,
  value: z.string(),
  marks: z.array(z.enum(['narcotic', 'no_substitution', 'difference', 'unknown_record', 'warning'])),
  line: z.int().nullable(),
});

export const documentView = z.object({
  id: z.string(),
  type: z.enum(['prescription', 'dispensing']),
  signer: z.string(),
  facility: z.string(),
  patient: z.object({ name: z.string(), kana: z.string().nullable(), sex: z.enum(['male', 'female', 'unknown']), birthDate: z.string().nullable(), age: z.int().nullable() }),
  date: z.string().nullable(),
  drugCount: z.int(),
  hasNarcotic: z.boolean(),
  sections: z.array(z.object({ heading: bilingual, rows: z.array(summaryRow) })),
  warnings: z.array(bilingual),
});
export type DocumentView = z.infer<typeof documentView>;
