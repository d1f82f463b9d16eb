import { useEffect, useState } from 'preact/hooks';

/** Whole seconds until a time, told anew each second. Whoever shows them keeps them out of live regions. */
export function useSecondsUntil(until: string): number {
  const end = Date.parse(until);
  const [left, setLeft] = useState(() => secondsUntil(end));
  useEffect(() => {
    setLeft(secondsUntil(end));
    const timer = window.setInterval(() => {
      setLeft(secondsUntil(end));
    }, 1000);
    return () => {
      window.clearInterval(timer);
    };
  }, [end]);
  return left;
}

function secondsUntil(end: number): number {
  return Math.max(0, Math.ceil((end - Date.now()) / 1000));
}
