import { rm } from 'node:fs/promises';
import type { Notice } from '../agent/ports.ts';
import { comesFrom, type UpdatePlan } from './update-plan.ts';

/** The part of electron-updater's NsisUpdater that is used. */
export interface Updater {
  autoDownload: boolean;
  autoInstallOnAppQuit: boolean;
  allowDowngrade: boolean;
  disableWebInstaller: boolean;
  channel: string | null;
  setFeedURL(feed: { readonly provider: 'generic'; readonly url: string }): void;
  checkForUpdates(): Promise<{ readonly isUpdateAvailable: boolean; readonly updateInfo: { readonly version: string; readonly files: readonly { readonly url: string }[] } } | null>;
  /** Resolves with the files that were written. Their SHA-512 is then that of the server's list. */
  downloadUpdate(): Promise<readonly string[]>;
  install(isSilent: boolean, isForceRunAfter: boolean): boolean;
}

export interface UpdateParts {
  readonly plan: Extract<UpdatePlan, { state: 'on' }>;
  readonly updater: Updater;
  /** Whether a file is signed by the publisher whom policy names. */
  readonly isSignedBy: (file: string, publisher: string) => Promise<boolean>;
  readonly notify: (notice: Notice) => void;
  /** The system ends this program: the person logs off, the machine shuts down, another installer wants the files. */
  readonly isSessionEnding: () => boolean;
}

/**
 * Looks for updates on the policy's server and has them ready. They are installed where nobody waits for the agent:
 * while the screen is locked, or when it ends.
 */
export class Updates {
  readonly #parts: UpdateParts;
  #ready: string | null = null;

  constructor(parts: UpdateParts) {
    this.#parts = parts;
    const { updater, plan } = parts;
    updater.setFeedURL({ provider: 'generic', url: plan.server });
    updater.channel = plan.channel;
    // Setting a channel has allowed older versions. SECURITY: test/integration/updates.test.ts
    updater.allowDowngrade = false;
    updater.autoDownload = false;
    updater.autoInstallOnAppQuit = false;
    updater.disableWebInstaller = true;
  }

  /** The version that waits to be installed. */
  get ready(): string | null {
    return this.#ready;
  }

  /** One look. A server that cannot be reached is no reason to disturb anybody: there will be another look. */
  async look(): Promise<'none' | 'unreachable' | 'refused' | 'ready'> {
    if (this.#ready !== null) return 'ready';
    const { updater, plan, isSignedBy } = this.#parts;
    const found = await updater.checkForUpdates().catch(() => undefined);
    if (found === undefined) return 'unreachable';
    if (found === null || !found.isUpdateAvailable) return 'none';
    const { version, files } = found.updateInfo;
    if (!comesFrom(plan.server, files)) return this.#refuse(version);
    const written = await updater.downloadUpdate().catch(() => undefined);
    if (written === undefined) return 'unreachable';
    const signed = await Promise.all(written.map((file) => isSignedBy(file, plan.publisher)));
    if (written.length === 0 || signed.includes(false)) {
      await Promise.all(written.map((file) => rm(file, { force: true })));
      return this.#refuse(version);
    }
    this.#ready = version;
    return 'ready';
  }

  /**
   * Starts the installer, which waits for this program's end; `runAfter`: it starts the new one then. False where none
   * waits, and where the system ends: it would be cut off with half of the files replaced.
   */
  install(runAfter: boolean): boolean {
    return this.#ready !== null && !this.#parts.isSessionEnding() && this.#parts.updater.install(true, runAfter);
  }

  #refuse(version: string): 'refused' {
    this.#parts.notify({
      kind: 'problem',
      text: {
        ja: `更新 ${version} は、署名または配布元が管理者の指定と異なるため使いません。いまの版のまま使えます。管理者へお知らせください。`,
        en: `The update ${version} is not used: its signature or its server is not what the administrator has named. This version goes on working. Please tell your administrator.`,
      },
    });
    return 'refused';
  }
}
