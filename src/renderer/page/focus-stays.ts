import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * What had the focus may go with the line that it stood in: then it goes to the heading that the ref is put on (which
 * takes a `tabIndex` of -1), and whoever uses a keyboard or a screen reader stays in the section.
 */
export function useFocusStays(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const held = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const remember = ({ target }: FocusEvent): void => {
      held.current = target instanceof Element && heading.current?.parentElement?.contains(target) === true ? target : null;
    };
    document.addEventListener('focusin', remember);
    return () => {
      document.removeEventListener('focusin', remember);
    };
  }, []);
  useLayoutEffect(() => {
    if (held.current?.isConnected === false && document.activeElement === document.body) heading.current?.focus();
  });
  return heading;
}
