import { useRef, useState } from 'preact/hooks';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';

interface ContactSettingProps {
  readonly agent: PageBridge<'home'>;
  readonly contact: string | null;
  /** By policy. */
  readonly fixed: boolean;
}

/** Whom to call, in this person's own words. Saved by a click; an empty field names nobody. */
export function ContactSetting({ agent, contact, fixed }: ContactSettingProps) {
  const { t } = useSpeech();
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<'saved' | 'failed' | null>(null);
  const save = (): void => {
    const text = field.current?.value.trim() ?? '';
    agent.invoke('settings.change', { supportContact: text === '' ? null : text }).then(
      () => {
        // Whoever has typed on meanwhile has saved only what stood there.
        if (field.current?.value.trim() === text) setSaid('saved');
      },
      () => {
        setSaid('failed');
      },
    );
  };
  return (
    <form
      class="panel"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <label for="contact">{t('home.settings.paths.support_contact')}</label>
      <span id="contact-help" class="note">
        {t(fixed ? 'home.settings.fixed' : 'home.settings.contact.help')}
      </span>
      <input
        ref={field}
        id="contact"
        class="field"
        defaultValue={contact ?? ''}
        maxLength={100}
        readOnly={fixed}
        aria-describedby="contact-help"
        onInput={() => {
          setSaid(null);
        }}
      />
      <p role="status">{said === 'saved' ? t('home.settings.contact.saved') : null}</p>
      <p class="field-error" role="alert">
        {said === 'failed' ? t('home.settings.contact.failed') : null}
      </p>
      {fixed ? null : (
        <div class="buttons">
          <Button look="outline" submit>
            {t('home.settings.contact.save')}
          </Button>
        </div>
      )}
    </form>
  );
}
