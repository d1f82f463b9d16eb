import { useLayoutEffect, useRef } from 'preact/hooks';
import { useSpeech } from '../page/language.ts';
import { Button } from './button.tsx';

/** Asks once before something is taken away. Not to do it is the default, and Escape says so too. */
export function ConfirmDialog(props: { readonly title: string; readonly detail: string; readonly action: string; readonly onAnswer: (act: boolean) => void }) {
  const { onAnswer } = props;
  const { t } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  // With the first paint: what is pressed next is meant for the dialog.
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    // The focus goes back to where it was, before the dialog is taken away.
    return () => {
      current?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="confirm-title"
      aria-describedby="confirm-detail"
      onCancel={(event) => {
        event.preventDefault();
        onAnswer(false);
      }}
    >
      <h2 id="confirm-title" class="dialog__title">
        {props.title}
      </h2>
      <p id="confirm-detail">{props.detail}</p>
      <div class="buttons">
        <Button
          look="outline"
          onPress={() => {
            onAnswer(false);
          }}
        >
          {t('common.cancel')}
        </Button>
        <Button
          look="danger"
          onPress={() => {
            onAnswer(true);
          }}
        >
          {props.action}
        </Button>
      </div>
    </dialog>
  );
}
