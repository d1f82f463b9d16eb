import { useLayoutEffect } from 'preact/hooks';

const isEscape = ({ key }: KeyboardEvent): boolean => key === 'Escape';

/** Leaves the window by a key: Escape, where nothing else is said. */
export function useLeaveKey(leave: () => void, isLeaveKey = isEscape): void {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isLeaveKey(event)) return;
      event.preventDefault();
      leave();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  });
}
