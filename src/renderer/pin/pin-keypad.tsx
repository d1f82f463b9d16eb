import type { RefObject } from 'preact';
import { useSpeech } from '../page/language.ts';

const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'] as const;

/** Digits to press, for whoever has no keyboard at hand. They go into the field and nowhere else. */
export function PinKeypad({ field, deaf, onEntered }: { readonly field: RefObject<HTMLInputElement | null>; readonly deaf: boolean; readonly onEntered: (count: number) => void }) {
  const { t } = useSpeech();
  const change = (next: (value: string) => string): void => {
    const input = field.current;
    if (input === null || deaf) return;
    input.value = next(input.value);
    onEntered(input.value.length);
  };
  return (
    <div id="pin-keypad" class="keypad" role="group" aria-label={t('signature.pin.keypad.name')}>
      {digits.map((digit) => (
        <button
          key={digit}
          type="button"
          class="keypad__key"
          onClick={() => {
            change((value) => value + digit);
          }}
        >
          {digit}
        </button>
      ))}
      <button
        type="button"
        class="keypad__key keypad__key--wide"
        onClick={() => {
          change((value) => value.slice(0, -1));
        }}
      >
        {t('signature.pin.keypad.erase')}
      </button>
      <button
        type="button"
        class="keypad__key keypad__key--wide"
        onClick={() => {
          change(() => '');
        }}
      >
        {t('signature.pin.keypad.clear')}
      </button>
    </div>
  );
}
