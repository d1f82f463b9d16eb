import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/**
 * Whether something lies below what can be seen. Measures where the footer covers the content, and
 * keeps focused things from hiding behind it.
 */
export function useMoreBelow(end: RefObject<HTMLElement | null>, footer: RefObject<HTMLElement | null>): boolean {
  const [more, setMore] = useState(false);
  useLayoutEffect(() => {
    const measure = (): void => {
      const last = end.current;
      const cover = footer.current;
      if (last === null || cover === null) return;
      const covers = getComputedStyle(cover).position === 'sticky';
      const { top, bottom } = cover.getBoundingClientRect();
      document.documentElement.style.scrollPaddingBottom = covers ? `${cover.offsetHeight + 16}px` : '3rem';
      // In a low window the footer scrolls too, and what can be done is the last to be seen.
      setMore(covers ? last.getBoundingClientRect().top > top + 2 : bottom > window.innerHeight + 2);
    };
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(document.body);
    if (footer.current !== null) sizes.observe(footer.current);
    window.addEventListener('scroll', measure, { passive: true });
    window.addEventListener('resize', measure);
    return () => {
      sizes.disconnect();
      window.removeEventListener('scroll', measure);
      window.removeEventListener('resize', measure);
    };
  }, [end, footer]);
  return more;
}
