/** Calls back when what stands in the document now has been painted: two frames, because the first only begins it. */
export function afterPaint(painted: () => void): () => void {
  let frame = requestAnimationFrame(() => {
    frame = requestAnimationFrame(painted);
  });
  return () => {
    cancelAnimationFrame(frame);
  };
}
