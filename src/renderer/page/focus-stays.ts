import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * What has the focus may go with the line that it stands in: then it goes to the heading that the ref is put on (which
 * takes a `tabIndex` of -1), and whoever uses a keyboard or a screen reader stays in the section.
 */
export function useFocusStays(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  // As it is before this rendering takes anything away: what lost the focus earlier, to a click beside it, holds it no more.
  const focused = document.activeElement;
  const held = heading.current?.parentElement?.contains(focused) === true ? focused : null;
  useLayoutEffect(() => {
    if (held?.isConnected === false && document.activeElement === document.body) heading.current?.focus();
  });
  return heading;
}
