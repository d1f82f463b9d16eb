import { useEffect, useState } from 'preact/hooks';

/** Whether the person types the PIN here although the reader would take it. It is the same question: the focus goes along. */
export function useTypesHere(): readonly [boolean, () => void] {
  const [typesHere, setTypesHere] = useState(false);
  useEffect(() => {
    if (typesHere) document.querySelector<HTMLElement>('#pin')?.focus({ preventScroll: true });
  }, [typesHere]);
  return [
    typesHere,
    () => {
      setTypesHere(true);
    },
  ];
}
