/** A disk that answers within this time is waited for at once, in milliseconds. */
const fastMs = 5;

/**
 * Waits for the disk in the way that suits its pace. A fast one in this thread: handing the wait to another costs two
 * wake-ups, as long as the disk itself. A slow one in another thread, so that the agent stays reachable meanwhile.
 * `now` is monotonic, in milliseconds.
 */
export function syncByPace(
  elsewhere: (fd: number, done: (error: Error | null) => void) => void,
  here: (fd: number) => void,
  now: () => number,
): (fd: number) => Promise<void> {
  let isFast = false;
  return async (fd) => {
    const from = now();
    if (isFast) here(fd);
    else {
      await new Promise<void>((resolve, reject) => {
        elsewhere(fd, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    }
    isFast = now() - from < fastMs;
  };
}
