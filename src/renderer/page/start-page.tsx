import { render, type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SettingsView } from '../../contract/ipc/every-window.ts';
import type { MessageKey } from '../../contract/messages/messages.ts';
import { ask, pageBridge } from './bridge.ts';
import { speech, SpeechProvider } from './language.ts';
import { SupportContext } from './support.ts';

/** Settings as they stand and as they change; every window hears them. */
function useSettings(): SettingsView | null {
  const [settings, setSettings] = useState<SettingsView | null>(null);
  useEffect(() => {
    // Any window's bridge will do: the channel is common to all.
    const agent = pageBridge<'pairing'>();
    const stops = [
      agent.on('settings', setSettings),
      agent.on('pulse', (beat) => {
        ask(agent.invoke('page.lives', { beat }));
      }),
    ];
    agent.invoke('settings.get', undefined).then(setSettings, () => undefined);
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  return settings;
}

function Root({ title, page: Page }: { readonly title: MessageKey; readonly page: ComponentType }) {
  const settings = useSettings();
  const language = settings?.language ?? 'ja';
  const theme = settings?.theme ?? 'system';
  const spoken = speech(language);
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
