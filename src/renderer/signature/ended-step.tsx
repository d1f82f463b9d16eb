import { errorCodes, isErrorCode } from '../../contract/error-codes.ts';
import type { SignatureStep } from '../../contract/ipc/signature.ts';
import { useSpeech } from '../page/language.ts';
import { Banner, type BannerKind } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { HelpLink } from '../parts/help-link.tsx';
import { SupportContact } from '../parts/support-contact.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepProps } from './step-props.ts';
import { StepFrame } from '../parts/step-frame.tsx';

type Ended = Extract<SignatureStep, { step: 'ended' }>;

const kinds = { signed: 'success', failed: 'problem', cancelled: 'information', expired: 'warning' } as const satisfies Record<Ended['outcome'], BannerKind>;

export function EndedStep({ view, step, onLeave }: StepProps & { readonly step: Ended }) {
  const { t, say } = useSpeech();
  const { outcome, code, detail } = step;
  const known = code !== null && isErrorCode(code) ? errorCodes[code] : null;
  const why = detail ?? known;
  return (
    <StepFrame
      title={t(`signature.ended.${outcome}`)}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.close')}
          </Button>
        </div>
      }
    >
      {outcome === 'signed' ? (
        <Banner kind={kinds[outcome]}>
          <p>{t('signature.ended.signedDetail')}</p>
        </Banner>
      ) : (
        <Banner kind={kinds[outcome]} {...(why === null ? {} : { title: say(why) })}>
          <p>{known === null ? t('signature.ended.again') : say(known.remedy)}</p>
          {outcome === 'failed' ? <SupportContact /> : null}
          {code === null ? null : <p class="note">{t('signature.ended.code', { code })}</p>}
        </Banner>
      )}
      {code === 'PIN_LOCKED' || code === 'PIN_INCORRECT' ? <HelpLink topic="locked-card" label="common.help.lockedCard" /> : null}
      <RequestFacts view={view} />
    </StepFrame>
  );
}
