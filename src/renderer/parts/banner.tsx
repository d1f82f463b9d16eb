import type { ComponentChildren } from 'preact';
import { useSpeech } from '../page/language.ts';
import { Icon } from './icon.tsx';

export type BannerKind = 'information' | 'success' | 'warning' | 'problem';

/** A notification: its kind shows by icon, by word and by border, never by colour alone. */
export function Banner(props: {
  readonly kind: BannerKind;
  readonly title?: string;
  readonly level?: 2 | 3;
  readonly children?: ComponentChildren;
}) {
  const { t } = useSpeech();
  const Heading = props.level === 3 ? 'h3' : 'h2';
  return (
    <div class={`banner banner--${props.kind}`}>
      <Icon name={props.kind} />
      <div class="banner__text">
        <span class="visually-hidden">{t(`common.kinds.${props.kind}`)}</span>
        {props.title === undefined ? null : <Heading class="banner__title">{props.title}</Heading>}
        {props.children}
      </div>
    </div>
  );
}
