import { errorCodes, isErrorCode } from '../../contract/error-codes.ts';
import type { AgentView } from '../../contract/ipc/home.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { showTime } from '../page/times.ts';
import { Banner, type BannerKind } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { SupportContact } from '../parts/support-contact.tsx';
import { PhoneRegistrations } from './phone-registrations.tsx';
import { RemoteSessions } from './remote-sessions.tsx';

const kinds = { ready: 'success', needs_you: 'warning', working: 'information', problem: 'problem' } as const satisfies Record<AgentView['state'], BannerKind>;

export function StatusSection({ agent, view, onDiagnose }: { readonly agent: PageBridge<'home'>; readonly view: AgentView | null; readonly onDiagnose: () => void }) {
  const { t } = useSpeech();
  if (view === null) return <p role="status">{t('home.loading')}</p>;
  const isStarting = view.state === 'working' && view.port === null;
  return (
    <>
      <div role="status">
        <Banner kind={kinds[view.state]} title={isStarting ? t('home.status.starting') : t(`home.status.states.${view.state}`)} />
      </div>
      <Problems agent={agent} isReady={view.state === 'ready'} problems={view.problems} onDiagnose={onDiagnose} />
      <Notices notices={view.notices} />
      {view.port === null ? null : (
        <>
          <Readers view={view} />
          {view.remote === null ? null : (
            <>
              <RemoteSessions agent={agent} sessions={view.remote.sessions} />
              <PhoneRegistrations agent={agent} notes={view.remote.registrations} />
            </>
          )}
          <Recent recent={view.recent} />
        </>
      )}
      <p class="note">
        {t('home.status.version', { version: view.version })} · {view.port === null ? t('home.status.noPort') : t('home.status.port', { port: view.port })}
      </p>
    </>
  );
}

/** Where all is well (a doctor keeps the card), they are hints. */
function Problems({ agent, isReady, problems, onDiagnose }: { readonly agent: PageBridge<'home'>; readonly isReady: boolean; readonly problems: AgentView['problems']; readonly onDiagnose: () => void }) {
  const { t, say } = useSpeech();
  if (problems.length === 0) return null;
  const act = (action: NonNullable<AgentView['problems'][number]['action']>): void => {
    if (action === 'diagnose') onDiagnose();
    else if (action === 'pair') ask(agent.invoke('pairing.open', undefined));
    else if (action === 'start_again') ask(agent.invoke('agent.start', undefined));
    else ask(agent.invoke('cards.revive', undefined));
  };
  return (
    <section aria-labelledby="problems">
      <h2 id="problems" class="subheading">
        {t(isReady ? 'home.status.hints' : 'home.status.problems')}
      </h2>
      <ul class="plain-list">
        {problems.map(({ code, title, remedy, action }) => (
          <li key={code}>
            <Banner kind={isReady ? 'information' : 'warning'} level={3} title={say(title)}>
              <p>{say(remedy)}</p>
              {action === null ? null : (
                <Button
                  look="outline"
                  small
                  onPress={() => {
                    act(action);
                  }}
                >
                  {t(`home.status.actions.${action}`)}
                </Button>
              )}
            </Banner>
          </li>
        ))}
      </ul>
      {isReady ? null : <SupportContact />}
    </section>
  );
}

function Notices({ notices }: { readonly notices: AgentView['notices'] }) {
  const { say } = useSpeech();
  return notices.map((notice) => (
    <Banner key={notice.en} kind="information">
      <p>{say(notice)}</p>
    </Banner>
  ));
}

type ReaderState = AgentView['readers'][number]['state'];
const readerIcons = { empty: 'none', reading: 'working', unknown_card: 'warning', in_use: 'working', identity_card: 'card', ready: 'success' } as const satisfies Record<ReaderState, IconName>;

function Readers({ view }: { readonly view: AgentView }) {
  const { t } = useSpeech();
  return (
    <section aria-labelledby="readers">
      <h2 id="readers" class="subheading">
        {t('home.status.readers')}
      </h2>
      {view.cardService === 'unavailable' ? <p>{t('home.status.noService')}</p> : view.readers.length === 0 ? <p>{t('home.status.noReaders')}</p> : null}
      <ul class="plain-list">
        {view.readers.map((reader) => (
          <li key={reader.name} class="panel">
            <p class="reader">
              <span class="reader__name">{reader.name}</span>
              <span class={`state state--${reader.state}`}>
                <Icon name={readerIcons[reader.state]} />
                {t(reader.state === 'identity_card' ? `home.status.identityCards.${reader.authentication ?? 'hpki-card'}` : `home.status.readerStates.${reader.state}`)}
              </span>
            </p>
            {reader.card === null ? null : <CardLines card={reader.card} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Recent({ recent }: { readonly recent: AgentView['recent'] }) {
  const { t, say, language } = useSpeech();
  const resultOf = (result: string): string => (result === 'signed' ? t('home.status.signed') : isErrorCode(result) ? say(errorCodes[result]) : result);
  return (
    <section>
      <h2 id="recent" class="subheading">
        {t('home.status.recent')}
      </h2>
      <p class="note">{t('home.status.recentNote')}</p>
      {recent.length === 0 ? (
        <p>{t('home.status.noRecent')}</p>
      ) : (
        <div class="table-frame" role="region" aria-labelledby="recent" tabIndex={0}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t('home.status.columns.at')}</th>
                <th scope="col">{t('home.status.columns.type')}</th>
                <th scope="col">{t('home.status.columns.count')}</th>
                <th scope="col">{t('home.status.columns.caller')}</th>
                <th scope="col">{t('home.status.columns.result')}</th>
              </tr>
            </thead>
            <tbody>
              {recent.map((one, index) => (
                <tr key={index}>
                  <td class="table__time">{showTime(one.at, language)}</td>
                  <td>{t(`common.documentTypes.${one.type}`)}</td>
                  <td class="table__number">{one.count}</td>
                  <td>{one.caller}</td>
                  <td>
                    <span class="state">
                      <Icon name={one.result === 'signed' ? 'success' : 'problem'} />
                      {resultOf(one.result)}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
