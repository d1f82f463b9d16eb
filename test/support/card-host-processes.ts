import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of a process's children (of this one where left out) that are card hosts, on Linux. */
export function cardHostProcesses(of: number | undefined = process.pid): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return parent === String(of) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('card-host-process');
      } catch {
        // It ended while it was looked at.
        return false;
      }
    })
    .map(Number);
}
