import type { ComponentChildren, Ref } from 'preact';

/** `solid`: the one action of the window. `outline`: the others. `text`: beside something. `danger`: takes something away. */
export function Button(props: {
  readonly look: 'solid' | 'outline' | 'text' | 'danger';
  readonly small?: boolean;
  /** Deaf, but still in the order of the keyboard, so that a screen reader can say so. */
  readonly waiting?: boolean;
  readonly submit?: boolean;
  readonly name?: string;
  readonly expanded?: boolean;
  readonly controls?: string;
  readonly describedBy?: string;
  readonly initialFocus?: boolean;
  readonly element?: Ref<HTMLButtonElement>;
  readonly onPress?: () => void;
  readonly children: ComponentChildren;
}) {
  const waiting = props.waiting === true;
  return (
    <button
      ref={props.element ?? null}
      type={props.submit === true ? 'submit' : 'button'}
      class={`button button--${props.look}${props.small === true ? ' button--small' : ''}`}
      aria-disabled={waiting ? 'true' : undefined}
      aria-label={props.name}
      aria-expanded={props.expanded}
      aria-controls={props.controls}
      aria-describedby={props.describedBy}
      data-initial-focus={props.initialFocus === true ? '' : undefined}
      onClick={(event) => {
        if (waiting) event.preventDefault();
        else props.onPress?.();
      }}
    >
      {props.children}
    </button>
  );
}
