import type { PowerMonitor } from 'electron';

export interface PowerActions {
  /** Nobody is at the screen: what is asked is cancelled, and the next signature asks for the PIN again. */
  readonly leave: () => void;
  /** Readers and cards may have changed while the machine slept. */
  readonly comeBack: () => void;
}

export function watchPower(power: Pick<PowerMonitor, 'on'>, { leave, comeBack }: PowerActions): void {
  power.on('lock-screen', leave);
  power.on('suspend', leave);
  power.on('resume', comeBack);
  power.on('unlock-screen', comeBack);
}
