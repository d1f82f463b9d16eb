import type { App, PowerMonitor, WindowSessionEndEvent } from 'electron';

export interface LogOffSources {
  readonly app: Pick<App, 'on' | 'quit'>;
  readonly power: Pick<PowerMonitor, 'on'>;
  readonly signals: Pick<NodeJS.Process, 'on' | 'platform'>;
}

/** What can be done while the system ends, on Linux and macOS. */
interface Delayable {
  preventDefault(): void;
}

/**
 * Calls `leave` whenever the system says that the person leaves: whoever sits down next has authenticated nothing. What
 * must not survive has to be gone when `leave` returns; its promise may be cut off, and never rejects. To be called before
 * the first window.
 *
 * Windows tells each window, hidden ones too, and `app` hears nothing of it. It asks before it tells; another program may
 * then say no, and the person authenticates once more than needed.
 * Linux and macOS announce a shutdown. A log-off, and a restart by the service manager, end the program by a signal.
 *
 * The returned function says whether the system ends this program, for whatever reason: an installer of ours would be cut
 * off, or stand beside the one that wanted the files. A mere question of Windows is no end: it may be taken back unheard.
 */
export function watchLogOff({ app, power, signals }: LogOffSources, leave: () => Promise<void>): () => boolean {
  let isEnding = false;
  const leaveAndQuit = (): void => {
    isEnding = true;
    void leave().then(() => app.quit());
  };
  app.on('browser-window-created', (_event, window) => {
    window.on('query-session-end', ({ reasons }) => {
      if (isLogOff(reasons)) void leave();
    });
    window.on('session-end', ({ reasons }) => {
      isEnding = true;
      if (isLogOff(reasons)) void leave();
      // In this very turn: else Electron ends the process as soon as every window has heard of it.
      app.quit();
    });
  });
  power.on('shutdown', (event?: Delayable) => {
    event?.preventDefault();
    leaveAndQuit();
  });
  if (signals.platform !== 'win32') for (const signal of ['SIGTERM', 'SIGHUP'] as const) signals.on(signal, leaveAndQuit);
  return () => isEnding;
}

/** An installer that wants its files free (`close-app`) leaves the person where they are. */
function isLogOff(reasons: WindowSessionEndEvent['reasons']): boolean {
  return reasons.some((reason) => reason !== 'close-app');
}
