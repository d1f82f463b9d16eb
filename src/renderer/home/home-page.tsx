import { useEffect, useRef, useState } from 'preact/hooks';
import type { AgentView, HomeSection } from '../../contract/ipc/home.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { usePushed } from '../page/pushed.ts';
import { ClientsSection } from './clients-section.tsx';
import { DiagnosisSection } from './diagnosis-section.tsx';
import { SettingsSection } from './settings-section.tsx';
import { StatusSection } from './status-section.tsx';
import { useDiagnosis } from './use-diagnosis.ts';

const agent = pageBridge<'home'>();

const sections = ['status', 'clients', 'diagnosis', 'settings'] as const satisfies readonly HomeSection[];

export function HomePage() {
  const { t } = useSpeech();
  const [section, setSection] = useState<HomeSection>('status');
  const heading = useRef<HTMLHeadingElement>(null);
  const view = usePushed<AgentView>(
    (listener) => agent.on('agent', listener),
    () => agent.invoke('home.ready', undefined),
  );
  // Here, so that checks go on while another section is looked at.
  const diagnosis = useDiagnosis(agent);

  const show = (next: HomeSection): void => {
    setSection(next);
    heading.current?.focus();
  };
  useEffect(() => agent.on('section', show), []);

  return (
    <div class="home">
      <nav class="home__nav" aria-label={t('home.navigation')}>
        <ul>
          {sections.map((name) => (
            <li key={name}>
              <button
                type="button"
                class="home__link"
                aria-current={name === section ? 'page' : undefined}
                onClick={() => {
                  show(name);
                }}
              >
                {t(`home.sections.${name}`)}
              </button>
            </li>
          ))}
          <li class="home__manual">
            <button
              type="button"
              class="home__link"
              onClick={() => {
                ask(agent.invoke('help.open', { topic: 'manual' }));
              }}
            >
              {t('common.help.manual')}
            </button>
          </li>
        </ul>
      </nav>
      <main class="home__main">
        <h1 class="window__title" tabIndex={-1} ref={heading}>
          {t(`home.sections.${section}`)}
        </h1>
        {section === 'status' ? <StatusSection agent={agent} view={view} onDiagnose={() => { show('diagnosis'); diagnosis.run(); }} /> : null}
        {section === 'clients' ? <ClientsSection agent={agent} isRunning={(view?.port ?? null) !== null} /> : null}
        {section === 'diagnosis' ? <DiagnosisSection agent={agent} diagnosis={diagnosis} /> : null}
        {section === 'settings' ? <SettingsSection agent={agent} /> : null}
      </main>
    </div>
  );
}
