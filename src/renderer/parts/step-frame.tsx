import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { useSpeech } from '../page/language.ts';
import { useMoreBelow } from './more-below.ts';

/** One step: what is said, and below it, always in reach, what can be done. */
export function StepFrame(props: { readonly title: string; readonly children: ComponentChildren; readonly footer: ComponentChildren }) {
  const { t } = useSpeech();
  const end = useRef<HTMLDivElement>(null);
  const footer = useRef<HTMLElement>(null);
  const more = useMoreBelow(end, footer);
  return (
    <>
      <div class="window__content">
        <h1 class="window__title">{props.title}</h1>
        {props.children}
        <div ref={end} class="window__end" />
      </div>
      <footer ref={footer} class="window__footer">
        {more ? (
          <button
            type="button"
            class="more-below"
            tabIndex={-1}
            title={t('common.moreHint')}
            onClick={() => {
              window.scrollBy({ top: window.innerHeight * 0.5 });
            }}
          >
            {t('common.more')}
            <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
              <path d="M11 4h2v12l5-5 1.4 1.4L12 20l-7.4-7.6L6 11l5 5V4Z" />
            </svg>
          </button>
        ) : null}
        <div class="window__actions">{props.footer}</div>
      </footer>
    </>
  );
}
