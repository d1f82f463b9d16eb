import { Worker } from 'node:worker_threads';

/** How long a process may outlive its parent, in milliseconds. */
const lookEveryMs = 1_000;

/**
 * A thread of its own, because the main one may be inside a library's call that never returns: then it does not hear
 * that its channel is closed. A parent that is gone is seen by its process id: on POSIX an orphan gets another parent.
 */
const watch = `
  const parent = process.ppid;
  const isGone = () => {
    if (process.ppid !== parent) return true;
    try {
      process.kill(parent, 0);
      return false;
    } catch (error) {
      return error.code === 'ESRCH';
    }
  };
  setInterval(() => {
    if (isGone()) process.kill(process.pid, 'SIGKILL');
  }, ${lookEveryMs});
`;

/**
 * Ends this process when its parent has ended, whatever it is doing.
 * SECURITY: a hung module would otherwise keep a PIN in memory and the card to itself for ever
 * (test/integration/pkcs11-host.test.ts).
 */
export function endWithParent(): void {
  // As text: a file of its own would be one more program to bundle, sign and find.
  new Worker(watch, { eval: true, env: {}, stdout: true, stderr: true }).unref();
}
