// What views and requests of more than one window are made of.
import { z } from 'zod';
import { staffIdPattern } from '../staff-id.ts';

export const bilingual = z.object({ ja: z.string(), en: z.string() });
export const isoTime = z.iso.datetime();
/** As in the API. */
export const staffId = z.string().regex(staffIdPattern);
export const staffView = z.object({ id: z.string(), name: z.string() });
export const callerView = z.object({ name: z.string(), origin: z.string().nullable(), program: z.string().nullable() });
export const sessionMethod = z.enum(['smartphone', 'hpki-card', 'mynumber-card']);

export const nothing = z.undefined();
/** An answer to this dialog and to no other. */
export const dialog = z.strictObject({ dialog: z.string() });
