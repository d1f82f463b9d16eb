import { useEffect } from 'preact/hooks';

/** Tells when a new dialog stands on the screen, so that its window is never shown with another's content. */
export function usePainted(dialog: string | null, tell: (dialog: string) => void): void {
  useEffect(() => {
    if (dialog === null) return undefined;
    return afterPaint(() => {
      tell(dialog);
    });
  }, [dialog]);
}

/** Calls back when what stands in the document now has been painted: two frames, because the first only begins it. */
export function afterPaint(painted: () => void): () => void {
  let frame = requestAnimationFrame(() => {
    frame = requestAnimationFrame(painted);
  });
  return () => {
    cancelAnimationFrame(frame);
  };
}
