import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileDurably } from './write-file-durably.ts';

/** Where this user's agent listens and how to know that it is the one: read by native EHRs and by the command line. */
const portFileSchema = z.object({
  port: z.int(),
  pid: z.int(),
  instance: z.string(),
  /** Ed25519 public key, SPKI DER in base64. */
  publicKey: z.string(),
  version: z.string(),
});

export type PortFile = z.infer<typeof portFileSchema>;

export async function writePortFile(file: string, content: PortFile): Promise<void> {
  await writeFileDurably(file, `${JSON.stringify(content)}\n`);
}

export async function readPortFile(file: string): Promise<PortFile | undefined> {
  try {
    return portFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function removePortFile(file: string): Promise<void> {
  await rm(file, { force: true });
}
