import { createInstance } from 'i18next';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { messages, type Language, type MessageKey } from '../../contract/messages/messages.ts';

/** How a page speaks in the language that was chosen. */
export interface Speech {
  readonly language: Language;
  readonly t: (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;
  /** Picks the language of a text that carries both. */
  readonly say: (text: { readonly ja: string; readonly en: string }) => string;
  /** The text of a key that may not exist, else what is given instead. */
  readonly or: (key: string, instead: string) => string;
}

const texts = createInstance();
void texts.init({
  resources: { ja: { translation: messages.ja }, en: { translation: messages.en } },
  fallbackLng: 'ja',
  initAsync: false,
  // Preact escapes what it renders.
  interpolation: { escapeValue: false },
});

export function speech(language: Language): Speech {
  const fixed = texts.getFixedT(language);
  return {
    language,
    t: (key, values) => fixed(key, values ?? {}),
    say: (text) => text[language],
    or: (key, instead) => (texts.exists(key, { lng: language }) ? fixed(key) : instead),
  };
}

const SpeechContext = createContext<Speech>(speech('ja'));
export const SpeechProvider = SpeechContext.Provider;

export function useSpeech(): Speech {
  return useContext(SpeechContext);
}
