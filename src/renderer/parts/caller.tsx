import { useSpeech } from '../page/language.ts';
import { Name } from './name.tsx';

/** Who asks: the name that it gave itself, and under it what was seen of it. The origin is never shortened. */
export function CallerLines({ caller }: { readonly caller: { readonly name: string; readonly origin: string | null; readonly program: string | null } }) {
  const { t } = useSpeech();
  return (
    <span class="caller">
      <strong class="caller__name">
        <Name text={caller.name} />
      </strong>
      {caller.origin === null ? null : (
        <span class="caller__place">
          <span class="visually-hidden">{t('common.origin')}: </span>
          <span class="address">{caller.origin}</span>
        </span>
      )}
      {caller.program === null ? null : (
        <span class="caller__place">
          <span class="visually-hidden">{t('common.program')}: </span>
          <span class="address">{caller.program}</span>
        </span>
      )}
    </span>
  );
}
