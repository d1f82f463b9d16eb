import { useContext } from 'preact/hooks';
import { useSpeech } from '../page/language.ts';
import { SupportContext } from '../page/support.ts';

/** Whom to call about what a person cannot mend alone. Nothing where nobody is named. */
export function SupportContact() {
  const { t } = useSpeech();
  const contact = useContext(SupportContext);
  return contact === null ? null : (
    <p>
      {t('common.supportContact')} <strong>{contact}</strong>
    </p>
  );
}
