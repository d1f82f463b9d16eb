import { useState } from 'preact/hooks';
import type { AgentView } from '../../contract/ipc/home.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import { useFocusStays } from '../page/focus-stays.ts';
import { useSpeech } from '../page/language.ts';
import { showTime } from '../page/times.ts';
import { Button } from '../parts/button.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { HelpLink } from '../parts/help-link.tsx';
import { Icon } from '../parts/icon.tsx';
import { Name } from '../parts/name.tsx';

type Session = NonNullable<AgentView['remote']>['sessions'][number];

/** Who has authenticated for remote signing, how, and until which clock time; 本日終了 beside each. */
export function RemoteSessions({ agent, sessions }: { readonly agent: PageBridge<'home'>; readonly sessions: readonly Session[] }) {
  const { t } = useSpeech();
  const [asked, setAsked] = useState<Session | null>(null);
  const heading = useFocusStays();
  const [hasFailed, setHasFailed] = useState(false);
  const end = ({ clientId, staff }: Session): void => {
    agent.invoke('sessions.end', { clientId, staffId: staff.id }).then(
      () => {
        setHasFailed(false);
      },
      () => {
        setHasFailed(true);
      },
    );
  };
  return (
    <section aria-labelledby="remote">
      <h2 id="remote" ref={heading} class="subheading" tabIndex={-1}>
        {t('home.status.remote.heading')}
      </h2>
      {sessions.length === 0 ? <p>{t('home.status.remote.none')}</p> : null}
      <ul class="plain-list">
        {sessions.map((session) => (
          <li key={`${session.clientId} ${session.staff.id}`} class="panel">
            <SessionLines session={session} onEnd={setAsked} />
          </li>
        ))}
      </ul>
      <p class="field-error" role="alert">
        {hasFailed ? t('home.status.remote.failed') : null}
      </p>
      <div class="buttons buttons--start">
        <HelpLink topic="remote" label="common.help.remote" />
      </div>
      {asked === null ? null : (
        <ConfirmDialog
          title={t('home.status.remote.confirm.title')}
          detail={t('home.status.remote.confirm.detail', { name: asked.staff.name, caller: asked.caller })}
          action={t('home.status.remote.confirm.end')}
          onAnswer={(act) => {
            setAsked(null);
            if (act) end(asked);
          }}
        />
      )}
    </section>
  );
}

function SessionLines({ session, onEnd }: { readonly session: Session; readonly onEnd: (session: Session) => void }) {
  const { t, language } = useSpeech();
  const { staff, method, until, endsSoon, caller } = session;
  return (
    <>
      <h3 class="panel__title">
        <Name text={staff.name} />
        {/* After a restart the id is all that is known. */}
        {staff.name === staff.id ? null : <span class="panel__aside">{staff.id}</span>}
      </h3>
      <dl class="facts facts--small">
        <dt>{t('home.status.remote.until')}</dt>
        <dd>{t('home.status.remote.untilTime', { time: showTime(until, language) })}</dd>
        <dt>{t('home.status.remote.method')}</dt>
        <dd>{t(`authentication.methods.${method}`)}</dd>
        <dt>{t('home.status.remote.caller')}</dt>
        <dd>
          <Name text={caller} />
        </dd>
      </dl>
      {endsSoon ? (
        <p class="state state--warning">
          <Icon name="warning" />
          {t('home.status.remote.endsSoon')}
        </p>
      ) : null}
      <Button
        look="outline"
        small
        name={t('home.status.remote.endName', { name: staff.name, caller })}
        onPress={() => {
          onEnd(session);
        }}
      >
        {t('home.status.remote.end')}
      </Button>
    </>
  );
}
