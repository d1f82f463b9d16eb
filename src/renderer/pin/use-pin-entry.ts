import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { handOverPin } from './hand-over-pin.ts';
import type { PinRefusal } from './keypad-consent.tsx';
import { takePin, type PinFault, type PinRule } from './pin-rules.ts';

type Said = PinFault | 'refused' | 'keypadUnusable' | 'notTaken';

/** What the reader said is told beside its own button; here, why that button is not offered any more. */
function saidFirst(refused: PinRefusal): Said | null {
  if (refused === 'incorrect') return 'refused';
  return refused === 'keypad_unusable' ? 'keypadUnusable' : null;
}

export interface PinEntryProps {
  readonly dialog: string;
  readonly rule: PinRule;
  readonly refused: PinRefusal;
  readonly lastTriesAgreed: boolean;
  readonly askForPort: () => Promise<unknown>;
}

interface PinEntry {
  /** Goes on the field in which the PIN is typed. */
  readonly field: RefObject<HTMLInputElement | null>;
  /** Why the last entry went nowhere. */
  readonly said: Said | null;
  /** How many characters are in the field. */
  readonly entered: number;
  /** The PIN is on its way; the next view says what came of it. */
  readonly isHandedOver: boolean;
  readonly setEntered: (length: number) => void;
  readonly forgetSaid: () => void;
  readonly handOver: () => Promise<void>;
}

/** From typed characters to the card host, once: they stay in the field until then, and are nowhere else. */
export function usePinEntry({ dialog, rule, refused, lastTriesAgreed, askForPort }: PinEntryProps): PinEntry {
  const field = useRef<HTMLInputElement>(null);
  const leaving = useRef(new AbortController());
  const [said, setSaid] = useState<Said | null>(saidFirst(refused));
  const [isHandedOver, setHandedOver] = useState(false);
  const [entered, setEntered] = useState(0);

  useEffect(() => {
    const { current } = leaving;
    return () => {
      current.abort();
    };
  }, []);

  const complain = (what: Said): void => {
    setSaid(what);
    setEntered(0);
    field.current?.focus();
  };

  const handOver = async (): Promise<void> => {
    const input = field.current;
    if (input === null || isHandedOver) return;
    const pin = takePin(input);
    const fault = rule(pin);
    if (fault !== null) {
      pin.fill(0);
      complain(fault);
      return;
    }
    setSaid(null);
    setEntered(0);
    setHandedOver(true);
    const { taken } = await handOverPin(askForPort, dialog, { pin, spendLastTries: lastTriesAgreed }, leaving.current.signal);
    // Once it was taken, the next view says what came of it.
    if (taken || leaving.current.signal.aborted) return;
    setHandedOver(false);
    complain('notTaken');
  };

  return {
    field,
    said,
    entered,
    isHandedOver,
    setEntered,
    forgetSaid: () => {
      setSaid(null);
    },
    handOver,
  };
}
