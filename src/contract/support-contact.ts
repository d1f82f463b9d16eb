import { z } from 'zod';

/**
 * No character of the categories Cc, Zl and Zp (Unicode). By their numbers, because the policy's JSON Schema has the same
 * pattern, and a validator without the flag `u` takes `\p{Cc}` for letters.
 */
const oneLine = new RegExp(String.raw`^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$`);

/** Whom a person calls about what they cannot mend alone, in one line: a department, a firm, a telephone number. */
export const supportContact = z.string().trim().min(1).max(100).regex(oneLine, 'one line of text');
