import { render, type ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SettingsView } from '../../contract/ipc/every-window.ts';
import type { MessageKey } from '../../contract/messages/messages.ts';
import { ask, pageBridge } from './bridge.ts';
import { speech, SpeechProvider } from './language.ts';
import { usePushed } from './pushed.ts';
import { SupportContext } from './support.ts';

/** Any window's bridge will do: what is heard here is common to all. */
const agent = pageBridge<'pairing'>();

function live(): void {
  ask(agent.invoke('page.lives', undefined));
}

function Root({ title, page: Page }: { readonly title: MessageKey; readonly page: ComponentType }) {
  const settings = usePushed<SettingsView>(
    (listener) => agent.on('settings', listener),
    () => agent.invoke('settings.get', undefined),
  );
  const language = settings?.language ?? 'ja';
  const theme = settings?.theme ?? 'system';
  const spoken = speech(language);
  useEffect(() => agent.on('pulse', live), []);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
    document.title = speech(language).t(title);
  }, [language, theme, title]);
  if (settings === null) return null;
  return (
    <SpeechProvider value={spoken}>
      <SupportContext.Provider value={settings.supportContact}>
        <Page />
      </SupportContext.Provider>
    </SpeechProvider>
  );
}

/** Renders one window's page, once its settings are known. */
export function startPage(title: MessageKey, page: ComponentType): void {
  const place = document.getElementById('page');
  if (place === null) throw new Error('the document has no place for the page');
  render(<Root title={title} page={page} />, place);
}
