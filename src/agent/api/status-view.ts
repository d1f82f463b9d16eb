import type { SessionMethod, StatusAnswer } from '../../contract/api.ts';
import { errorCodes, type ErrorCode } from '../../contract/error-codes.ts';
import type { ReaderState } from '../../native/host/card-host.ts';
import type { CardView } from '../ports.ts';
import type { Language } from './language.ts';

/** How the agent is now. Texts and times are made for the reader by {@link statusAnswerOf}. */
export interface StatusView {
  readonly version: string;
  readonly instance: string;
  readonly cardService: 'running' | 'unavailable';
  readonly readers: readonly {
    readonly name: string;
    readonly state: ReaderState['state'];
    readonly card: Pick<CardView, 'name' | 'role' | 'notAfter' | 'daysLeft'> & { readonly certificateSha256: string } | null;
    /**
     * By which method the card can authenticate. Nothing else of an authentication certificate leaves the agent: a My Number
     * card's ends on its holder's birthday, and its fingerprint is a lasting name of a person.
     */
    readonly authentication: 'hpki-card' | 'mynumber-card' | null;
  }[];
  readonly remote: {
    readonly configured: boolean;
    readonly provider: string | null;
    readonly sessions: readonly {
      readonly clientId: string;
      readonly staffId: string;
      readonly staffName: string;
      readonly method: SessionMethod;
      readonly until: Date;
      /** Within the hour of which its doctor is warned. */
      readonly endsSoon: boolean;
    }[];
  };
  /** Signature requests that have not ended. */
  readonly waiting: number;
  readonly problems: readonly ErrorCode[];
}

/** `clientId`: whose sessions are told; null for a person at this machine, who may see all. */
export function statusAnswerOf(view: StatusView, language: Language, clientId: string | null): StatusAnswer {
  return {
    version: view.version,
    instance: view.instance,
    cardService: view.cardService,
    readers: view.readers.map(({ name, state, card, authentication }) => ({
      name,
      state,
      authentication,
      card:
        card === null
          ? null
          : {
              name: card.name,
              role: card.role,
              certificateSha256: card.certificateSha256,
              notAfter: card.notAfter.toISOString(),
              daysLeft: card.daysLeft,
            },
    })),
    remote: {
      configured: view.remote.configured,
      provider: view.remote.provider,
      sessions: view.remote.sessions
        .filter((session) => clientId === null || session.clientId === clientId)
        .map(({ staffId, method, until }) => ({ staffId, method, until: until.toISOString() })),
    },
    waiting: view.waiting,
    problems: view.problems.map((code) => ({
      code,
      title: errorCodes[code][language],
      remedy: errorCodes[code].remedy[language],
    })),
  };
}
