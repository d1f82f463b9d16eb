import type { JSX } from 'preact';

const shapes = {
  information: <path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm1 15h-2v-6h2v6Zm0-8h-2V7h2v2Z" />,
  success: <path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.6 14.6L6 12.2l1.5-1.5 2.9 3 6.1-6.2 1.5 1.5-7.6 7.6Z" />,
  warning: <path d="M12 2 1 21h22L12 2Zm1 16h-2v-2h2v2Zm0-4h-2V9h2v5Z" />,
  problem: <path d="M8 2 2 8v8l6 6h8l6-6V8l-6-6H8Zm5 15h-2v-2h2v2Zm0-4h-2V7h2v6Z" />,
  card: <path d="M3 5h18v14H3V5Zm2 2v2h14V7H5Zm0 5v5h14v-5H5Zm1.5 2h5v1.5h-5V14Z" />,
  working: <path d="M6 2h12v5l-4 5 4 5v5H6v-5l4-5-4-5V2Zm2 2v2.4l4 5 4-5V4H8Z" />,
  none: <path d="M5 11h14v2H5z" />,
} satisfies Record<string, JSX.Element>;

export type IconName = keyof typeof shapes;

/** A shape beside a text that says the same, so screen readers pass it over. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      {shapes[name]}
    </svg>
  );
}
