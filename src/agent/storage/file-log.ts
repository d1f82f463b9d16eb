import { existsSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { storageFailure } from '../audit/storage-failure.ts';
import type { Log, LogFields } from '../log.ts';

const rotateAtBytes = 5 * 1024 * 1024;

/** JSON lines in `agent.log`; the file before it is kept as `agent.1.log`. Throws STORAGE_FAILED. */
export function openFileLog(folder: string): Log & { close(): void } {
  const destination = openDestination(path.join(folder, 'agent.log'), path.join(folder, 'agent.1.log'));
  // A full disk must not end the agent over a log line: the journal and the audit log are what refuse to sign.
  destination.on('error', () => undefined);
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    info: (event: string, fields: LogFields = {}) => logger.info(fields, event),
    warn: (event: string, fields: LogFields = {}) => logger.warn(fields, event),
    error: (event: string, fields: LogFields = {}) => logger.error(fields, event),
    close: () => destination.end(),
  };
}

function openDestination(file: string, before: string): ReturnType<typeof pino.destination> {
  try {
    if (existsSync(file) && statSync(file).size > rotateAtBytes) renameSync(file, before);
    return pino.destination({ dest: file, sync: true, mode: 0o600, mkdir: true });
  } catch (cause) {
    throw storageFailure(cause);
  }
}
