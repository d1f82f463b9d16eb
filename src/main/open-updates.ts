import type { App, PowerMonitor } from 'electron';
import type { Settings } from '../agent/config/settings.ts';
import type { Notice } from '../agent/ports.ts';
import { isSignedBy } from './authenticode.ts';
import { planUpdates } from './update-plan.ts';
import { Updates, type UpdateParts } from './updates.ts';

const minute = 60_000;
const firstLook = minute / 2;
const nextLook = 6 * 60 * minute;

export interface UpdateSurroundings {
  readonly app: Pick<App, 'isPackaged' | 'getPath' | 'quit'>;
  readonly power: Pick<PowerMonitor, 'on'>;
  readonly settings: Settings['update'];
  readonly notify: (notice: Notice) => void;
  /** Nobody waits for the agent, and an end of it would lose nothing that a person has entered. */
  readonly isIdle: () => boolean;
  readonly isSessionEnding: UpdateParts['isSessionEnding'];
}

/**
 * Begins to look for updates, where policy and this installation want it. One that is ready is installed where nobody
 * notices: right after the start, while the screen is locked, or by the returned function when the program ends.
 */
export async function openUpdates({ app, power, settings, notify, isIdle, isSessionEnding }: UpdateSurroundings): Promise<() => void> {
  const program = { isPackaged: app.isPackaged, platform: process.platform, executable: app.getPath('exe'), userPrograms: process.env['LOCALAPPDATA'] };
  const plan = planUpdates(settings, program);
  if (plan.state === 'off') return () => undefined;
  const { NsisUpdater } = await import('electron-updater');
  const updater = new NsisUpdater();
  // It prints addresses and paths.
  updater.logger = null;
  const updates = new Updates({ plan, updater, isSignedBy, notify, isSessionEnding });
  const installNow = (): void => {
    if (updates.ready !== null && isIdle() && updates.install(true)) app.quit();
  };
  const look = (then: () => void): void => void updates.look().then(then, () => undefined);
  setTimeout(() => look(installNow), firstLook).unref();
  setInterval(() => look(() => undefined), nextLook).unref();
  power.on('lock-screen', installNow);
  // Whoever ends the program does not want to see it come back.
  return () => void updates.install(false);
}
