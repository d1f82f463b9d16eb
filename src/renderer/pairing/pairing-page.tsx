import type { PairingView } from '../../contract/ipc/pairing.ts';
import { useArming } from '../page/arming.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { digitByDigit } from '../page/digit-by-digit.ts';
import { useSpeech } from '../page/language.ts';
import { useLeaveKey } from '../page/leave-key.ts';
import { usePushed } from '../page/pushed.ts';
import { useSecondsUntil } from '../page/seconds-until.ts';
import { useStepFocus } from '../page/step-focus.ts';
import { Banner, type BannerKind } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { CallerLines } from '../parts/caller.tsx';
import { HelpLink } from '../parts/help-link.tsx';
import { StepFrame } from '../parts/step-frame.tsx';

const agent = pageBridge<'pairing'>();

const open = (): void => ask(agent.invoke('pairing.open', undefined));
const close = (): void => ask(agent.invoke('pairing.close', undefined));

export function PairingPage() {
  const { t } = useSpeech();
  const view = usePushed<PairingView>(
    (listener) => agent.on('pairing', listener),
    () => agent.invoke('pairing.ready', undefined),
  );
  const place = useStepFocus(view?.state ?? 'closed');
  useLeaveKey(close);

  return (
    <>
      <main class="window" ref={place}>
        {view === null ? null : <PairingState view={view} />}
      </main>
      <p class="visually-hidden" role="status">
        {view === null ? null : announcement(view, t)}
      </p>
    </>
  );
}

function announcement(view: PairingView, t: ReturnType<typeof useSpeech>['t']): string {
  switch (view.state) {
    case 'closed':
      return t('pairing.closed.text');
    case 'open':
      return t('pairing.open.heading');
    case 'code':
      return [t('pairing.code.who'), view.caller.name, view.caller.origin ?? '', t('pairing.code.heading'), digitByDigit(view.code)].join(' ');
    case 'ended':
      return t(`pairing.ended.${view.end}.title`);
  }
}

function PairingState({ view }: { readonly view: PairingView }) {
  switch (view.state) {
    case 'closed':
      return <Closed />;
    case 'open':
      return <Open until={view.until} />;
    case 'code':
      return <Code view={view} />;
    case 'ended':
      return <Ended end={view.end} />;
  }
}

function Closed() {
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('pairing.title')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={close}>
            {t('common.close')}
          </Button>
          <Button look="solid" onPress={open}>
            {t('pairing.closed.open')}
          </Button>
        </div>
      }
    >
      <p>{t('pairing.closed.text')}</p>
    </StepFrame>
  );
}

function Open({ until }: { readonly until: string }) {
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('pairing.open.heading')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={close}>
            {t('common.cancel')}
          </Button>
        </div>
      }
    >
      <p>{t('pairing.open.steps')}</p>
      <Remaining until={until} />
      <p class="note">{t('pairing.open.remainingNote')}</p>
      <HelpLink topic="browser-denied" label="common.help.browserDenied" />
    </StepFrame>
  );
}

function Code({ view }: { readonly view: Extract<PairingView, { state: 'code' }> }) {
  const { t } = useSpeech();
  // The code says nothing by itself, but a key meant for another program should not refuse an EHR either.
  const { armed } = useArming(view.code);
  return (
    <StepFrame
      title={t('pairing.code.heading')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus waiting={!armed} onPress={close}>
            {t('pairing.code.refuse')}
          </Button>
        </div>
      }
    >
      <p class="code" aria-label={`${t('pairing.code.number')} ${digitByDigit(view.code)}`} role="img">
        {view.code.slice(0, 3)} {view.code.slice(3)}
      </p>
      <Remaining until={view.until} />
      <h2 class="subheading">{t('pairing.code.who')}</h2>
      <CallerLines caller={view.caller} />
      {view.caller.program === null ? null : <p class="note">{t('pairing.code.programNote')}</p>}
      <Banner kind="warning">
        <p>{t('pairing.code.check')}</p>
      </Banner>
    </StepFrame>
  );
}

const kinds = { paired: 'success', refused: 'information', wrong_codes: 'problem', expired: 'warning', cancelled: 'information' } as const satisfies Record<
  Extract<PairingView, { state: 'ended' }>['end'],
  BannerKind
>;

function Ended({ end }: { readonly end: Extract<PairingView, { state: 'ended' }>['end'] }) {
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t(`pairing.ended.${end}.title`)}
      footer={
        <div class="buttons">
          {end === 'paired' ? null : (
            <Button look="outline" onPress={open}>
              {t('pairing.ended.again')}
            </Button>
          )}
          <Button look={end === 'paired' ? 'solid' : 'outline'} initialFocus onPress={close}>
            {t('common.close')}
          </Button>
        </div>
      }
    >
      <Banner kind={kinds[end]}>
        <p>{t(`pairing.ended.${end}.detail`)}</p>
      </Banner>
    </StepFrame>
  );
}

/** Seconds that are left. Not a live region: a screen reader would talk the whole two minutes. */
function Remaining({ until }: { readonly until: string }) {
  const { t } = useSpeech();
  const seconds = useSecondsUntil(until);
  return (
    <p class="remaining" role="timer">
      {t('pairing.open.remaining', { seconds })}
    </p>
  );
}
