import { z } from 'zod';

/** Whom a person calls about what they cannot mend alone, in one line: a department, a firm, a telephone number. */
export const supportContact = z.string().trim().min(1).max(100).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'one line of text');
