import type { ErrorCode } from '../contract/error-codes.ts';
import type { CardStackState, ReaderState } from '../native/host/card-host.ts';
import { authenticationCardIn } from '../native/host/card-place.ts';
import type { StatusView } from './api/status-view.ts';
import type { Remote } from './open-remote.ts';
import { warningMs } from './remote/remote-session-desk.ts';
import { readCard, viewCard } from './signing/card-fitness.ts';

export interface StatusParts {
  readonly version: string;
  readonly instance: string;
  readonly cards: CardStackState;
  readonly remote: Pick<Remote, 'provider' | 'list'>;
  readonly waiting: number;
  readonly isClockOff: boolean;
  readonly now: number;
}

/** How the agent is now, for `GET /v1/status`, the command line and the tray. */
export function agentStatus({ version, instance, cards, remote, waiting, isClockOff, now }: StatusParts): StatusView {
  return {
    version,
    instance,
    cardService: cards.service,
    readers: cards.service === 'unavailable' ? [] : cards.readers.map((reader) => readerView(reader, now)),
    remote: {
      configured: remote.provider !== null,
      provider: remote.provider,
      sessions: remote.list().map(({ owner, staffName, method, until }) => ({
        clientId: owner.clientId,
        staffId: owner.staffId,
        staffName,
        method,
        until,
        endsSoon: until.getTime() - now <= warningMs,
      })),
    },
    waiting,
    problems: [...cardProblems(cards), ...(isClockOff ? (['CLOCK_WRONG'] as const) : [])],
  };
}

function readerView(reader: ReaderState, now: number): StatusView['readers'][number] {
  const read = reader.state === 'ready' ? readCard(reader.card) : null;
  const name = reader.reader;
  const authentication = authenticationMethod(reader);
  if (reader.state === 'ready' && read === null) return { name, state: 'unknown_card', card: null, authentication };
  if (read === null) return { name, state: reader.state, card: null, authentication };
  const view = viewCard(read, now);
  return { name, state: 'ready', card: { ...view, certificateSha256: read.card.certificateSha256 }, authentication };
}

function authenticationMethod(reader: ReaderState): StatusView['readers'][number]['authentication'] {
  const card = authenticationCardIn(reader);
  if (card === undefined) return null;
  return card.kind === 'jpki' ? 'mynumber-card' : 'hpki-card';
}

/** One problem, the first that keeps a person from signing; none while a card is ready, or somebody logs in by one. */
function cardProblems(cards: CardStackState): readonly ErrorCode[] {
  if (cards.service === 'unavailable') return cards.starting === true ? [] : [cards.code];
  if (cards.readers.length === 0) return ['NO_READER'];
  const states = new Set(cards.readers.map((reader) => reader.state));
  if (states.has('ready') || states.has('identity_card') || states.has('reading')) return [];
  if (states.has('in_use')) return ['CARD_IN_USE'];
  return states.has('unknown_card') ? ['CARD_UNKNOWN'] : ['NO_CARD'];
}
