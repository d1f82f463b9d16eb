import { createContext } from 'preact';

/** Whom a person may call; null where nobody is named. */
export const SupportContext = createContext<string | null>(null);
