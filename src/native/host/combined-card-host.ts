import {
  CardError,
  type CardHost,
  type CardStackState,
  type CertificateSha256,
  type PinSessionId,
  type ReaderState,
  type SigningCard,
} from './card-host.ts';
import { authenticationCardIn, findKey, whyNoCard } from './card-place.ts';

/**
 * Several card hosts as one: PC/SC with our own driver, and each vendor module.
 *
 * - A reader that several hosts see is shown once, as the host that knows most about it sees it.
 * - A certificate that a module and the direct driver both offer belongs to the module: it knows the card's
 *   generation, and two drivers on one card would drop each other's state.
 * - Where a module is configured, start the PC/SC host with `presenceOnly`: it then only watches readers and the
 *   service, so that "no reader" and "no service" are told at once, and reads the counter for a module that asks.
 * - The whole is unavailable only when every host is.
 */
export function combineCardHosts(hosts: readonly CardHost[]): CardHost {
  const [only] = hosts;
  if (hosts.length === 1 && only !== undefined) return only;

  const combined = () => combineStates(hosts.map((host) => host.state()));

  const hostOf = (certificate: CertificateSha256): CardHost => {
    const offering = hosts.filter((host) => findKey(host.state(), certificate) !== undefined);
    const module = offering.find((host) => findKey(host.state(), certificate)?.driver === 'pkcs11');
    const host = module ?? offering[0];
    if (host === undefined) throw whyNoCard(combined());
    return host;
  };

  /** A session's name starts with the number of its host. */
  const locate = (session: PinSessionId): { host: CardHost; session: PinSessionId } | undefined => {
    const colon = session.indexOf(':');
    const host = hosts[Number(session.slice(0, Math.max(colon, 0)) || NaN)];
    return host === undefined ? undefined : { host, session: session.slice(colon + 1) };
  };

  return {
    state: combined,
    isStarting: () => hosts.some((host) => host.isStarting()),
    subscribe(listener) {
      const unsubscribe = hosts.map((host) => host.subscribe(() => listener(combined())));
      return () => unsubscribe.forEach((stop) => stop());
    },
    async pinTries(card) {
      return hostOf(card).pinTries(card);
    },
    async holdPin(entry) {
      const host = hostOf(entry.certificateSha256);
      return `${hosts.indexOf(host)}:${await host.holdPin(entry)}`;
    },
    async holdPinFrom(order, port, signal) {
      const host = hostOf(order.certificateSha256);
      if (host.holdPinFrom === undefined) throw new CardError('CARD_MODULE_FAILED', 'no port reaches this card host', undefined, { pinNotPresented: true });
      return `${hosts.indexOf(host)}:${await host.holdPinFrom(order, port, signal)}`;
    },
    async sign(session, hash) {
      const at = locate(session);
      if (at === undefined) throw new CardError('PIN_SESSION_ENDED', 'never held here', undefined, { pinNotPresented: true });
      return at.host.sign(at.session, hash);
    },
    async endPinSession(session) {
      const at = locate(session);
      await at?.host.endPinSession(at.session);
    },
    async revive(anew) {
      await everyOne(hosts, (host) => host.revive(anew));
    },
    async close() {
      await everyOne(hosts, (host) => host.close());
    },
  };
}

/** All are asked even when one fails; then the first failure is told. */
async function everyOne(hosts: readonly CardHost[], what: (host: CardHost) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(hosts.map(what));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

export function combineStates(states: readonly CardStackState[]): CardStackState {
  const running = states.filter((state) => state.service === 'running');
  const [first] = states;
  if (running.length === 0) return first ?? { service: 'running', readers: [] };

  const places = running.flatMap((state) => state.readers);
  const ownedByModule = new Set(places.flatMap((place) => (driverOf(place) === 'pkcs11' ? shownCertificates(place) : [])));
  const views = new Map<string, ReaderState[]>();
  for (const place of places) {
    const ownedElsewhere = driverOf(place) === 'direct' && shownCertificates(place).some((certificate) => ownedByModule.has(certificate));
    if (ownedElsewhere) continue;
    const known = views.get(place.reader);
    if (known === undefined) views.set(place.reader, [place]);
    else known.push(place);
  }
  return { service: 'running', readers: [...views.values()].map(oneView) };
}

/** One reader as several hosts see it: what the best informed one says, with what another one found of the login key. */
function oneView(views: readonly ReaderState[]): ReaderState {
  const best = views.reduce((known, view) => (knowledge(view) > knowledge(known) ? view : known));
  if (best.state !== 'ready') return best;
  const cards = views.flatMap((view) => authenticationCardIn(view) ?? []);
  const authentication = cards.find(({ driver }) => driver === 'pkcs11') ?? cards[0] ?? best.authentication;
  return authentication === best.authentication ? best : { ...best, authentication };
}

/** The certificate by which a reader's card is known: the signing one, where it has one. */
function shownCertificates(place: ReaderState): readonly CertificateSha256[] {
  if (place.state === 'ready') return [place.card.certificateSha256];
  return place.state === 'identity_card' ? [place.authentication.certificateSha256] : [];
}

function driverOf(place: ReaderState): SigningCard['driver'] | undefined {
  if (place.state === 'ready') return place.card.driver;
  return place.state === 'identity_card' ? place.authentication.driver : undefined;
}

/** How much a host's view of a reader says. */
function knowledge(place: ReaderState): number {
  switch (place.state) {
    case 'empty':
      return 0;
    case 'unknown_card':
      return 1;
    case 'reading':
      return 2;
    case 'in_use':
      return 3;
    case 'identity_card':
      return place.authentication.driver === 'pkcs11' ? 5 : 4;
    case 'ready':
      return place.card.driver === 'pkcs11' ? 7 : 6;
  }
}
