import { useState } from 'preact/hooks';
import type { CheckView } from '../../contract/ipc/home.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import type { MessageKey } from '../../contract/messages/messages.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { SupportContact } from '../parts/support-contact.tsx';
import type { Diagnosis } from './use-diagnosis.ts';

const icons = { ok: 'success', warning: 'warning', problem: 'problem', not_applicable: 'none' } as const satisfies Record<CheckView['status'], IconName>;

export function DiagnosisSection({ agent, diagnosis }: { readonly agent: PageBridge<'home'>; readonly diagnosis: Diagnosis }) {
  const { t } = useSpeech();
  const [said, setSaid] = useState<MessageKey | null>(null);
  const { state, checks } = diagnosis;
  const ended = state === 'done' || state === 'failed';
  return (
    <>
      <p>{t('home.diagnosis.explain')}</p>
      <div class="buttons buttons--start">
        <Button
          look={ended ? 'outline' : 'solid'}
          waiting={state === 'running'}
          onPress={() => {
            setSaid(null);
            diagnosis.run();
          }}
        >
          {ended ? t('home.diagnosis.again') : t('home.diagnosis.run')}
        </Button>
      </div>
      <div role="status">
        <Outcome diagnosis={diagnosis} />
      </div>
      {state === 'running' ? <progress class="progress" aria-label={t('home.sections.diagnosis')} /> : null}
      {checks.length === 0 ? null : (
        <section aria-labelledby="results">
          <h2 id="results" class="subheading">
            {t('home.diagnosis.results')}
          </h2>
          <ul class="checks">
            {checks.map((check, index) => (
              <Check key={index} check={check} />
            ))}
          </ul>
        </section>
      )}
      {ended ? (
        <>
          <div class="buttons buttons--start">
            <Button
              look="outline"
              onPress={() => {
                agent.invoke('diagnosis.copy', undefined).then(
                  () => {
                    setSaid('home.diagnosis.copied');
                  },
                  () => undefined,
                );
              }}
            >
              {t('home.diagnosis.copy')}
            </Button>
            <Button
              look="outline"
              onPress={() => {
                agent.invoke('diagnosis.save', undefined).then(
                  (saved) => {
                    setSaid(saved ? 'home.diagnosis.saved' : null);
                  },
                  () => undefined,
                );
              }}
            >
              {t('home.diagnosis.save')}
            </Button>
          </div>
          <p role="status">{said === null ? null : t(said)}</p>
          <p class="note">{t('home.diagnosis.privacy')}</p>
        </>
      ) : null}
    </>
  );
}

function Outcome({ diagnosis: { state, checks } }: { readonly diagnosis: Diagnosis }) {
  const { t } = useSpeech();
  const problems = checks.filter((check) => check.status === 'problem').length;
  switch (state) {
    case 'not_run':
      return null;
    case 'running':
      return <p>{t('home.diagnosis.running', { count: checks.length })}</p>;
    case 'failed':
      return (
        <Banner kind="problem" title={t('home.diagnosis.failed')}>
          <SupportContact />
        </Banner>
      );
    case 'done':
      return problems === 0 ? (
        <Banner kind="success" title={t('home.diagnosis.allWell', { checks: checks.length })} />
      ) : (
        <Banner kind="problem" title={t('home.diagnosis.done', { checks: checks.length, problems })}>
          <SupportContact />
        </Banner>
      );
  }
}

function Check({ check }: { readonly check: CheckView }) {
  const { t, say } = useSpeech();
  return (
    <li class={`check check--${check.status}`}>
      <span class="check__status">
        <Icon name={icons[check.status]} />
        {t(`home.diagnosis.statuses.${check.status}`)}
      </span>
      <div class="check__text">
        <h3 class="check__title">{say(check.title)}</h3>
        <p>{say(check.details)}</p>
        {check.remedy === null ? null : (
          <p class="check__remedy">
            <strong>{t('home.diagnosis.remedy')}: </strong>
            {say(check.remedy)}
          </p>
        )}
      </div>
    </li>
  );
}
