import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PinRefusal } from './keypad-consent.tsx';

/** Where the PIN goes in, for the whole dialog. Both ways are one click from each other. */
export interface PlaceOfPin {
  /** The person types the PIN here although the reader would take it. */
  readonly typesHere: boolean;
  readonly typeHere: () => void;
  /** Null where the reader's keys could not ask. */
  readonly useReader: (() => void) | null;
  /**
   * Grows with every way back to the reader's keys. SECURITY: there one click lets the reader ask, so each time it takes
   * no answer at first, as a new question does. test/unit/renderer/signature-keypad.test.ts
   */
  readonly returns: number;
}

/** The same question wherever it is answered: the focus goes along, and the documents stay as they were opened. */
export function usePlaceOfPin(refused: PinRefusal): PlaceOfPin {
  const [typesHere, setTypesHere] = useState(false);
  const [unusable, setUnusable] = useState(false);
  const [returns, setReturns] = useState(0);
  const hasMoved = useRef(false);
  const isUnusable = unusable || refused === 'keypad_unusable';
  useLayoutEffect(() => {
    if (isUnusable) setUnusable(true);
  }, [isUnusable]);
  useLayoutEffect(() => {
    if (hasMoved.current) document.querySelector<HTMLElement>('[data-initial-focus]')?.focus({ preventScroll: true });
    hasMoved.current = true;
  }, [typesHere, isUnusable]);
  return {
    typesHere: typesHere || isUnusable,
    typeHere: () => {
      setTypesHere(true);
    },
    useReader: isUnusable
      ? null
      : () => {
          setTypesHere(false);
          setReturns(returns + 1);
        },
    returns,
  };
}
