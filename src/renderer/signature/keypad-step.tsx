import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { DocumentList } from './document-list.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepOf } from './step-props.ts';

/** The reader waits for the PIN on its own keys; or it still does, and nobody wants it any more. */
export function KeypadStep({ view, step, arming, onLeave }: Pick<StepOf<'keypad'>, 'view' | 'arming' | 'onLeave' | 'step'>) {
  const { t } = useSpeech();
  const pin = t('common.pin.hpki');
  return (
    <StepFrame
      title={t(step.left ? 'signature.readerKeypad.leftTitle' : 'signature.readerKeypad.title', { pin })}
      footer={
        <div class="pin-form">
          <CardLines card={step.card} withReader />
          <div class="buttons">
            <Button look="outline" initialFocus waiting={step.left && !arming.armed} onPress={onLeave}>
              {t(step.left ? 'common.close' : 'common.cancel')}
            </Button>
          </div>
        </div>
      }
    >
      <Banner kind={step.left ? 'warning' : 'information'}>
        <p>{t(step.left ? 'signature.readerKeypad.left' : 'signature.readerKeypad.enter', { pin })}</p>
        {step.left || step.total === 1 ? null : <p>{t('signature.readerKeypad.progress', { number: step.done + 1, total: step.total })}</p>}
        {step.left ? null : <p class="note">{t('signature.readerKeypad.stay')}</p>}
      </Banner>
      <RequestFacts view={view} />
      <DocumentList documents={view.documents} />
    </StepFrame>
  );
}
