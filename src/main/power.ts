import type { PowerMonitor } from 'electron';
import { watchScreenSaver } from './screen-saver.ts';

export interface PowerActions {
  /** Nobody is at the screen: what is asked is cancelled, and the next signature asks for the PIN again. */
  readonly leave: () => void;
  /** Somebody is there again. `slept`: contexts of the card stacks and their modules are not to be trusted any more. */
  readonly comeBack: (slept: boolean) => void;
}

export function watchPower(power: Pick<PowerMonitor, 'on'>, { leave, comeBack }: PowerActions, platform: NodeJS.Platform = process.platform): void {
  power.on('lock-screen', leave);
  power.on('suspend', leave);
  power.on('resume', () => comeBack(true));
  power.on('unlock-screen', () => comeBack(false));
  // Electron tells of a locked screen on Windows and macOS alone.
  if (platform === 'linux') watchScreenSaver((isActive) => (isActive ? leave() : comeBack(false)));
}
