import { useLayoutEffect, useState } from 'preact/hooks';
import type { PinRefusal } from './keypad-consent.tsx';

/**
 * Whether the person types the PIN here although the reader would take it: by choice or because its keys could not ask,
 * and from then on for the whole dialog. Choosing it is the same question: the focus goes along.
 */
export function useTypesHere(refused: PinRefusal): readonly [boolean, () => void] {
  const [typesHere, setTypesHere] = useState(false);
  const isUnusable = refused === 'keypad_unusable';
  useLayoutEffect(() => {
    if (isUnusable) setTypesHere(true);
  }, [isUnusable]);
  useLayoutEffect(() => {
    if (typesHere) document.querySelector<HTMLElement>('#pin')?.focus({ preventScroll: true });
  }, [typesHere]);
  return [
    typesHere || isUnusable,
    () => {
      setTypesHere(true);
    },
  ];
}
