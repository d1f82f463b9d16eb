import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ClientView } from '../../contract/ipc/home.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import { ask } from '../page/bridge.ts';
import { useFocusStays } from '../page/focus-stays.ts';
import { useSpeech } from '../page/language.ts';
import { showDay, showTime } from '../page/times.ts';
import { Button } from '../parts/button.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { HelpLink } from '../parts/help-link.tsx';

/** The EHRs that may ask. The list is read again whenever pairing moves on, and once the agent runs: before, there is none. */
export function ClientsSection({ agent, isRunning }: { readonly agent: PageBridge<'home'>; readonly isRunning: boolean }) {
  const { t } = useSpeech();
  const [clients, setClients] = useState<readonly ClientView[] | null>(null);
  const [asked, setAsked] = useState<ClientView | null>(null);
  const read = useCallback(() => {
    agent.invoke('clients.list', undefined).then(setClients, () => undefined);
  }, [agent]);
  useEffect(read, [read, isRunning]);
  useEffect(() => agent.on('pairing', read), [agent, read]);

  return (
    <>
      <p>{t('home.clients.explain')}</p>
      <div class="buttons buttons--start">
        <Button
          look="solid"
          onPress={() => {
            ask(agent.invoke('pairing.open', undefined));
          }}
        >
          {t('home.clients.add')}
        </Button>
        <HelpLink topic="pairing" label="common.help.pairing" />
        <HelpLink topic="browser-denied" label="common.help.browserDenied" />
      </div>
      {clients === null ? <p role="status">{t('home.loading')}</p> : null}
      {clients?.length === 0 ? <p>{t('home.clients.none')}</p> : null}
      <ul class="plain-list">
        {clients?.map((client) => (
          <li key={client.id} class="panel">
            <Client client={client} onRevoke={setAsked} />
          </li>
        ))}
      </ul>
      {asked === null ? null : (
        <ConfirmDialog
          title={t('home.clients.confirm.title')}
          detail={t('home.clients.confirm.detail', { name: asked.name })}
          action={t('home.clients.confirm.revoke')}
          onAnswer={(revoke) => {
            setAsked(null);
            if (revoke) agent.invoke('clients.revoke', { id: asked.id }).then(read, read);
          }}
        />
      )}
    </>
  );
}

function Client({ client, onRevoke }: { readonly client: ClientView; readonly onRevoke: (client: ClientView) => void }) {
  const { t, language } = useSpeech();
  const heading = useFocusStays();
  const over = client.expiresAt !== null && Date.parse(client.expiresAt) < Date.now();
  return (
    <>
      <h2 class="panel__title" ref={heading} tabIndex={-1}>
        {client.name}
        {client.revoked ? <span class="mark mark--plain">{t('home.clients.revoked')}</span> : null}
        {over && !client.revoked ? <span class="mark mark--warning">{t('home.clients.expired')}</span> : null}
      </h2>
      <p class={client.origin === null ? 'note' : 'address'}>{client.origin ?? t('home.clients.native')}</p>
      <dl class="facts facts--small">
        <dt>{t('home.clients.lastUsed')}</dt>
        <dd>{client.lastUsedAt === null ? t('home.clients.never') : showTime(client.lastUsedAt, language)}</dd>
        <dt>{t('home.clients.expires')}</dt>
        <dd>{client.expiresAt === null ? t('home.clients.noExpiry') : showDay(client.expiresAt, language)}</dd>
        {client.createdAt === null ? null : (
          <>
            <dt>{t('home.clients.created')}</dt>
            <dd>{showDay(client.createdAt, language)}</dd>
          </>
        )}
      </dl>
      {client.source === 'policy' ? (
        <p class="note">{t('home.clients.byPolicy')}</p>
      ) : client.revoked ? null : (
        <Button
          look="outline"
          small
          name={t('home.clients.revokeName', { name: client.name })}
          onPress={() => {
            onRevoke(client);
          }}
        >
          {t('home.clients.revoke')}
        </Button>
      )}
    </>
  );
}
