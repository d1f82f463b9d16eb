import type { CardInfo } from '../../contract/ipc/card.ts';
import { useSpeech } from '../page/language.ts';
import { showDay } from '../page/times.ts';
import { Icon } from './icon.tsx';
import { Name } from './name.tsx';

/** Days before the end at which a renewal should be applied for. */
const renewalDays = 60;

/** A card as a person knows it: name, role, days left. */
export function CardLines({ card, withReader = false }: { readonly card: CardInfo; readonly withReader?: boolean }) {
  const { t, or, language } = useSpeech();
  const soon = card.daysLeft <= renewalDays;
  return (
    <div class="card-lines">
      <Icon name="card" />
      <div class="card-lines__text">
        <span class="card-lines__name">
          <strong>
            <Name text={card.name} />
          </strong>
          <span class="card-lines__role">{card.role === null ? t('common.card.noRole') : or(`common.roles.${card.role}`, card.role)}</span>
        </span>
        <span class={soon ? 'card-lines__validity card-lines__validity--soon' : 'card-lines__validity'}>
          {card.daysLeft < 0
            ? t('common.card.expired')
            : soon
              ? t('common.card.daysLeftSoon', { days: card.daysLeft })
              : t('common.card.daysLeft', { days: card.daysLeft })}
        </span>
        {withReader ? <span class="card-lines__reader">{t('common.card.validUntil', { date: showDay(card.notAfter, language) })}</span> : null}
        {withReader ? <span class="card-lines__reader">{t('common.card.reader', { reader: card.reader })}</span> : null}
      </div>
    </div>
  );
}
