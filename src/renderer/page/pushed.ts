import { useEffect, useState } from 'preact/hooks';

/** The last view that was pushed, after the one that was there at the start. A push that came first is the newer one. */
export function usePushed<View>(listen: (listener: (view: View) => void) => () => void, first: () => Promise<View>): View | null {
  const [view, setView] = useState<View | null>(null);
  useEffect(() => {
    let pushed = false;
    const stop = listen((next) => {
      pushed = true;
      setView(() => next);
    });
    first().then(
      (answer) => {
        if (!pushed) setView(() => answer);
      },
      () => undefined,
    );
    return stop;
  }, []);
  return view;
}
