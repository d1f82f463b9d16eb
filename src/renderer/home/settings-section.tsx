import type { SettingsView } from '../../contract/ipc/every-window.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import type { MessageKey } from '../../contract/messages/messages.ts';
import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { usePushed } from '../page/pushed.ts';
import { ContactSetting } from './contact-setting.tsx';
import { HelpLink } from '../parts/help-link.tsx';

const themes = ['system', 'light', 'dark'] as const;
const shownAbove: ReadonlySet<string> = new Set(['language', 'theme', 'support.contact']);
const languages = ['ja', 'en'] as const;

export function SettingsSection({ agent }: { readonly agent: PageBridge<'home'> }) {
  const { t, or } = useSpeech();
  const view = usePushed<SettingsView>(
    (listener) => agent.on('settings', listener),
    () => agent.invoke('settings.get', undefined),
  );
  if (view === null) return <p role="status">{t('home.loading')}</p>;
  const fixed = (path: string): boolean => view.settings.some((setting) => setting.path === path && !setting.changeable);
  const others = view.settings.filter((setting) => !shownAbove.has(setting.path));
  return (
    <>
      <Choices
        name="language"
        legend="home.settings.language"
        options={languages.map((value) => ({ value, label: `home.settings.languages.${value}` }) as const)}
        chosen={view.language}
        fixed={fixed('language')}
        onChoose={(language) => {
          ask(agent.invoke('settings.change', { language }));
        }}
      />
      <Choices
        name="theme"
        legend="home.settings.theme"
        options={themes.map((value) => ({ value, label: `home.settings.themes.${value}` }) as const)}
        chosen={view.theme}
        fixed={fixed('theme')}
        onChoose={(theme) => {
          ask(agent.invoke('settings.change', { theme }));
        }}
      />
      <ContactSetting agent={agent} contact={view.storedContact} fixed={fixed('support.contact')} />
      <section>
        <h2 id="others" class="subheading">
          {t('home.settings.others')}
        </h2>
        <p class="note">{t('home.settings.othersNote')}</p>
        <HelpLink topic="security" label="common.help.security" />
        <div class="table-frame" role="region" aria-labelledby="others" tabIndex={0}>
          <table class="table table--fixed">
            <thead>
              <tr>
                <th scope="col">{t('home.settings.columns.name')}</th>
                <th scope="col">{t('home.settings.columns.value')}</th>
                <th scope="col">{t('home.settings.columns.source')}</th>
              </tr>
            </thead>
            <tbody>
              {others.map((setting) => (
                <tr key={setting.path}>
                  <th scope="row">{or(`home.settings.paths.${setting.path.replaceAll('.', '_')}`, setting.path)}</th>
                  <td>{setting.value === '' || setting.value === 'null' ? t('home.settings.none') : or(`home.settings.values.${setting.value}`, setting.value)}</td>
                  <td>{t(`home.settings.sources.${setting.source}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}

function Choices<Value extends string>(props: {
  readonly name: string;
  readonly legend: MessageKey;
  readonly options: readonly { readonly value: Value; readonly label: MessageKey }[];
  readonly chosen: Value;
  readonly fixed: boolean;
  readonly onChoose: (value: Value) => void;
}) {
  const { t } = useSpeech();
  const reason = `${props.name}-reason`;
  return (
    <fieldset class="choices" disabled={props.fixed} aria-describedby={props.fixed ? reason : undefined}>
      <legend>{t(props.legend)}</legend>
      {props.options.map(({ value, label }) => (
        <label key={value} class="choice">
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={value === props.chosen}
            onChange={() => {
              props.onChoose(value);
            }}
          />
          <span>{t(label)}</span>
        </label>
      ))}
      {props.fixed ? (
        <p id={reason} class="note">
          {t('home.settings.fixed')}
        </p>
      ) : null}
    </fieldset>
  );
}
