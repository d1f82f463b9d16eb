import { hostname, userInfo } from 'node:os';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { diagnose } from '../agent/diagnostics/diagnose.ts';
import type { CheckResult, DiagnosedParts } from '../agent/diagnostics/check.ts';
import { version } from '../contract/version.ts';
import type { CheckView } from '../contract/ipc/home.ts';
import { writeZip } from './zip-file.ts';

/** Who and where, so that it can be left out of what a person hands on. */
export interface Surroundings {
  readonly home: string;
  readonly user: string;
  readonly host: string;
}

export function surroundingsHere(): Surroundings {
  const { homedir, username } = userInfo();
  return { home: homedir, user: username, host: hostname() };
}

/** The checks of `doctor`, one by one, and what a person can hand on of them. */
export class SelfDiagnosis {
  readonly #gather: () => Promise<DiagnosedParts>;
  #results: readonly CheckResult[] = [];

  constructor(gather: () => Promise<DiagnosedParts>) {
    this.#gather = gather;
  }

  async run(show: (check: CheckView) => void): Promise<{ readonly checks: number; readonly problems: number }> {
    const results: CheckResult[] = [];
    for await (const result of diagnose(await this.#gather())) {
      results.push(result);
      show({ ...result, title: { ...result.title }, details: { ...result.details }, remedy: result.remedy === null ? null : { ...result.remedy } });
    }
    this.#results = results;
    return { checks: results.length, problems: results.filter(({ status }) => status === 'problem').length };
  }

  /** The last run as text, for a mail or a ticket. */
  text(language: 'ja' | 'en', here: Surroundings): string {
    const lines = this.#results.map(({ id, title, status, details, remedy }) =>
      [`[${status}] ${title[language]} (${id}): ${details[language]}`, ...(remedy === null ? [] : [`    → ${remedy[language]}`])].join('\n'),
    );
    return redact([`hpki-agent ${version} ${process.platform} ${process.arch}`, ...lines].join('\n'), here);
  }

  /** The last run, the versions and the logs (which hold no secret and no patient) as a ZIP, without user and host names. */
  async zip(logs: string, here: Surroundings, at: Date): Promise<Buffer> {
    const entry = (name: string, text: string) => ({ name, content: Buffer.from(redact(text, here), 'utf8') });
    const versions = { agent: version, platform: process.platform, arch: process.arch, versions: process.versions };
    const files = await Promise.all(['agent.log', 'agent.1.log'].map(async (name) => ({ name, text: await readFile(path.join(logs, name), 'utf8').catch(() => '') })));
    return writeZip(
      [
        entry('checks.json', JSON.stringify(this.#results, null, 2)),
        entry('versions.json', JSON.stringify(versions, null, 2)),
        ...files.filter(({ text }) => text !== '').map(({ name, text }) => entry(name, text)),
      ],
      at,
    );
  }
}

/** Names of people and machines stand in paths. SECURITY: test/unit/main/self-diagnosis.test.ts */
export function redact(text: string, { home, user, host }: Surroundings): string {
  const names: readonly (readonly [string, string])[] = [
    [home, '~'],
    [JSON.stringify(home).slice(1, -1), '~'],
    [user, '<user>'],
    [host, '<host>'],
  ];
  return names.reduce((left, [name, instead]) => (name.length < 2 ? left : left.replaceAll(name, instead)), text);
}
