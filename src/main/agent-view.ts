import type { AgentDesktop } from '../agent/agent-desktop.ts';
import type { StatusView } from '../agent/api/status-view.ts';
import { errorCodes, type ErrorCode } from '../contract/error-codes.ts';
import type { AgentView } from '../contract/ipc/home.ts';
import { version } from '../contract/version.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';

/** What is known of the agent: running, not yet, or not at all. */
export type AgentFacts =
  | { readonly phase: 'starting' }
  | { readonly phase: 'failed'; readonly problem: AgentView['problems'][number] }
  | { readonly phase: 'running'; readonly port: number; readonly desktop: Pick<AgentDesktop, 'status' | 'recent' | 'clients' | 'registrations'>; readonly isAsking: boolean };

/** Without a card in the reader all is well: a doctor keeps the card. */
const needsNobody: ReadonlySet<ErrorCode> = new Set(['NO_CARD']);
/** What a person at this machine can mend. */
const needsPerson: ReadonlySet<ErrorCode> = new Set(['CARD_IN_USE', 'CARD_UNKNOWN', 'NO_READER', 'CLOCK_WRONG']);

export function viewAgent(facts: AgentFacts, notices: AgentView['notices'] = []): AgentView {
  const nothing = { version, notices, isAsking: false, port: null, cardService: 'unavailable' as const, readers: [], remote: null, recent: [] };
  if (facts.phase === 'starting') return { ...nothing, state: 'working', problems: [] };
  if (facts.phase === 'failed') return { ...nothing, state: 'problem', problems: [facts.problem] };
  const { port, desktop, isAsking } = facts;
  const status = desktop.status();
  const toMend = status.problems.filter((code) => !needsNobody.has(code));
  // A hint beside what is to be mended would look like one more thing to mend.
  const shown = toMend.length > 0 ? toMend : status.problems;
  return {
    version,
    notices,
    isAsking,
    port,
    state: stateOf(toMend, isAsking, status.waiting),
    cardService: status.cardService,
    readers: status.readers.map(({ name, state, card, authentication }) => ({
      name: showSafely(name),
      state,
      authentication,
      card:
        card === null
          ? null
          : {
              certificateSha256: card.certificateSha256,
              reader: showSafely(name),
              name: showSafely(card.name),
              role: card.role,
              notAfter: card.notAfter.toISOString(),
              daysLeft: card.daysLeft,
            },
    })),
    problems: shown.map(viewProblem),
    remote: status.remote.configured ? viewRemote(status.remote.sessions, desktop) : null,
    recent: desktop.recent().map(({ at, type, count, caller, result }) => ({ at: at.toISOString(), type, count, caller: showSafely(caller), result })),
  };
}

function viewRemote(sessions: StatusView['remote']['sessions'], desktop: Pick<AgentDesktop, 'clients' | 'registrations'>): NonNullable<AgentView['remote']> {
  const names = new Map(desktop.clients().map(({ id, name }) => [id, name]));
  return {
    sessions: sessions.map(({ clientId, staffId, staffName, method, until, endsSoon }) => ({
      clientId,
      caller: showSafely(names.get(clientId) ?? clientId),
      staff: { id: staffId, name: showSafely(staffName) },
      method,
      until: until.toISOString(),
      endsSoon,
    })),
    registrations: desktop.registrations().map((note) => ({ ...note })),
  };
}

/** An end of the agent now would break off nothing, and lose no authentication that lives in memory alone. */
export function isIdle({ waiting, remote }: Pick<StatusView, 'waiting' | 'remote'>): boolean {
  return waiting === 0 && remote.sessions.length === 0;
}

function stateOf(toMend: readonly ErrorCode[], isAsking: boolean, waiting: number): AgentView['state'] {
  if (isAsking) return 'needs_you';
  if (waiting > 0) return 'working';
  if (toMend.length === 0) return 'ready';
  return toMend.every((code) => needsPerson.has(code)) ? 'needs_you' : 'problem';
}

function viewProblem(code: ErrorCode): AgentView['problems'][number] {
  const { ja, en, remedy } = errorCodes[code];
  const action = code === 'CARD_MODULE_FAILED' ? 'revive_cards' : needsNobody.has(code) ? null : 'diagnose';
  return { code, title: { ja, en }, remedy: { ...remedy }, action };
}
