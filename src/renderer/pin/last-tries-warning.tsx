import type { ComponentChildren } from 'preact';
import type { AuthenticationStep } from '../../contract/ipc/authentication.ts';
import type { SignatureStep } from '../../contract/ipc/signature.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { SupportContact } from '../parts/support-contact.tsx';

interface LastTriesWarningProps {
  readonly step: Extract<SignatureStep | AuthenticationStep, { step: 'pin' }>;
  /** What kind of PIN, in words. */
  readonly pin: string;
  /** What spending them can cost. */
  readonly children: ComponentChildren;
}

/** How many tries are left, and why the last one was refused. */
export function LastTriesWarning({ step, pin, children }: LastTriesWarningProps) {
  const { t } = useSpeech();
  return (
    <>
      {step.refused === null ? null : (
        <p class="field-error" role="alert">
          {t(`signature.readerKeypad.refused.${step.refused}`, { pin })}
        </p>
      )}
      <Banner
        kind="problem"
        title={
          step.triesLeft === null
            ? t('signature.lastTries.unknown', { count: step.failuresSeen, pin })
            : t('signature.lastTries.known', { count: step.triesLeft, pin })
        }
      >
        {children}
        <SupportContact />
      </Banner>
    </>
  );
}
