import { create } from 'qrcode';
import type {
  AuthenticationCardView,
  AuthenticationDialogView,
  AuthenticationOutcome,
  AuthenticationPinQuestion,
  AuthenticationCardNeed,
  MethodQuestion,
} from '../agent/ports.ts';
import type { PhoneCode } from '../agent/remote/remote-provider.ts';
import type { AuthenticationStep, AuthenticationView } from '../contract/ipc/authentication.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';
import { viewCaller } from './signature-view.ts';

/** What the authentication window shows of one dialog, before its step. Names from outside are made safe to read. */
export function viewAuthentication(dialog: string, view: AuthenticationDialogView): Omit<AuthenticationView, 'step'> {
  const { caller, staff, facility, terminal, documents, canUseCard, methods, hiddenMethods } = view;
  return {
    dialog,
    caller: viewCaller(caller),
    staff: { id: showSafely(staff.id), name: showSafely(staff.name) },
    facility: facility === null ? null : showSafely(facility),
    terminal: showSafely(terminal),
    documents,
    canUseCard,
    methods: [...methods],
    hiddenMethods: [...hiddenMethods],
  };
}

function viewLoginCard({ kind, certificateSha256, reader, name }: AuthenticationCardView): Extract<AuthenticationStep, { step: 'pin' }>['card'] {
  return { kind, certificateSha256, reader: showSafely(reader), name: name === null ? null : showSafely(name) };
}

export const authenticationSteps = {
  chooseMethod: ({ suggested, problem }: MethodQuestion): AuthenticationStep => ({
    step: 'choose_method',
    suggested,
    problem: problem === null ? null : { code: problem.code, detail: problem.detail === null ? null : { ...problem.detail } },
  }),
  code: ({ uri, userCode, number, expiresAt }: PhoneCode): AuthenticationStep => ({
    step: 'code',
    qr: drawQr(uri),
    userCode: showSafely(userCode),
    number: number === null ? null : showSafely(number),
    until: expiresAt.toISOString(),
  }),
  codeRanOut: { step: 'code_ran_out' } satisfies AuthenticationStep,
  insertCard: (kind: 'hpki' | 'jpki', need: AuthenticationCardNeed): AuthenticationStep => ({ step: 'insert_card', kind, need }),
  pin: ({ card, tries, refused }: AuthenticationPinQuestion): AuthenticationStep => ({
    step: 'pin',
    card: viewLoginCard(card),
    triesLeft: tries.triesLeft === 'unknown' ? null : tries.triesLeft,
    failuresSeen: tries.failuresSeen,
    consentNeeded: tries.consentNeeded,
    refused,
    keypad: card.hasKeypad,
  }),
  keypad: (card: AuthenticationCardView, left: boolean): AuthenticationStep => ({ step: 'keypad', card: viewLoginCard(card), left }),
  login: { step: 'login' } satisfies AuthenticationStep,
  progress: (doing: 'contacting' | 'checking'): AuthenticationStep => ({ step: 'progress', doing }),
  ended: (end: AuthenticationOutcome): AuthenticationStep => {
    const nothing = { until: null, code: null, detail: null };
    if (end.outcome === 'authenticated') return { step: 'ended', outcome: end.outcome, ...nothing, until: end.until.toISOString() };
    if (end.outcome === 'use_card') return { step: 'ended', outcome: end.outcome, ...nothing };
    const { code, detail } = end.problem;
    return { step: 'ended', outcome: end.outcome, until: null, code, detail: detail === null ? null : { ...detail } };
  },
} as const;

/**
 * ISO/IEC 18004, level M: a phone reads it from a dim or scratched screen. One path of unit squares, so that the page needs
 * neither a library nor a picture.
 */
function drawQr(text: string): { readonly size: number; readonly path: string } {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const { size } = modules;
  const runs: string[] = [];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const from = x;
      while (x < size && modules.get(y, x)) x += 1;
      if (x > from) runs.push(`M${from} ${y}h${x - from}v1h${from - x}z`);
    }
  }
  return { size, path: runs.join('') };
}
