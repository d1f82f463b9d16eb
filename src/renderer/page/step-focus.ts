import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * Gives the focus to what each new step names as its first control, in the place that the ref is put on. With the paint
 * of the step, not after it: a key pressed by what is seen is meant for it. Without scrolling, so that what the step is
 * about is seen first where the window is low.
 */
export function useStepFocus(step: string): RefObject<HTMLElement | null> {
  const place = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    place.current?.querySelector<HTMLElement>('[data-initial-focus]')?.focus({ preventScroll: true });
  }, [step]);
  return place;
}
