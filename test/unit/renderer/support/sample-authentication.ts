/** Every step of the authentication window, as main would push it. */
import type { AuthenticationStep, AuthenticationView } from '../../../../src/contract/ipc/authentication.ts';
import { authenticationSteps } from '../../../../src/main/authentication-view.ts';

export function authentication(step: AuthenticationStep, changes: Partial<AuthenticationView> = {}): AuthenticationView {
  return {
    dialog: 'dialog-1',
    caller: { name: '見本電子カルテ', origin: 'https://karte.clinic.example.co.jp:8443', program: null },
    staff: { id: 'D0012', name: '医者　三郎' },
    facility: '架空内科クリニック',
    terminal: 'SHINSATSU-01/isha',
    documents: 1,
    canUseCard: true,
    methods: ['smartphone', 'hpki-card', 'mynumber-card'],
    hiddenMethods: [],
    step,
    ...changes,
  };
}

/** Two minutes, counted from the page's own now so that the picture shows a countdown. */
const until = (): Date => new Date(Date.now() + 118_000);

export const codeUri = 'https://sign.example.jp/s/BCDF-GHJK';

export const code = (): AuthenticationStep => authenticationSteps.code({ uri: codeUri, userCode: 'BCDF-GHJK', number: '482', expiresAt: until() });

export function pin(kind: 'hpki' | 'jpki', changes: Partial<Extract<AuthenticationStep, { step: 'pin' }>> = {}): AuthenticationStep {
  const card = { kind, certificateSha256: 'c'.repeat(64), reader: 'ACS ACR39U ICC Reader 01 00', name: kind === 'hpki' ? 'ISHA SABURO' : null };
  return { step: 'pin', card, triesLeft: kind === 'hpki' ? 15 : 3, failuresSeen: 0, consentNeeded: false, refused: null, keypad: false, ...changes };
}

export const authenticationScenes = {
  choose: authentication({ step: 'choose_method', suggested: 'smartphone', problem: null }),
  'choose-again': authentication(
    { step: 'choose_method', suggested: 'hpki-card', problem: { code: 'AUTHENTICATED_OTHER_PERSON', detail: null } },
    { documents: 0, canUseCard: false },
  ),
  'choose-without-cards': authentication(
    { step: 'choose_method', suggested: 'smartphone', problem: null },
    { methods: ['smartphone'], hiddenMethods: ['hpki-card', 'mynumber-card'] },
  ),
  code: authentication(code()),
  'code-ran-out': authentication({ step: 'code_ran_out' }),
  'insert-card': authentication({ step: 'insert_card', kind: 'jpki', need: 'no_card' }),
  'wrong-card': authentication({ step: 'insert_card', kind: 'hpki', need: 'other_doctor' }),
  'pin-hpki': authentication(pin('hpki')),
  'pin-jpki': authentication(pin('jpki')),
  'pin-refused': authentication(pin('hpki', { triesLeft: 9, refused: 'incorrect', failuresSeen: 1 })),
  'last-tries': authentication(pin('jpki', { triesLeft: 2, refused: 'incorrect', failuresSeen: 1, consentNeeded: true })),
  'keypad-consent': authentication(pin('jpki', { keypad: true, refused: 'keypad_timed_out' })),
  'keypad-waits': authentication({ step: 'keypad', card: { kind: 'jpki', certificateSha256: 'c'.repeat(64), reader: 'ACS ACR39U ICC Reader 01 00', name: null }, left: false }),
  'keypad-left': authentication({ step: 'keypad', card: { kind: 'hpki', certificateSha256: 'c'.repeat(64), reader: 'ACS ACR39U ICC Reader 01 00', name: 'ISHA SABURO' }, left: true }),
  login: authentication({ step: 'login' }),
  progress: authentication({ step: 'progress', doing: 'checking' }),
  authenticated: authentication({ step: 'ended', outcome: 'authenticated', until: '2026-04-02T00:30:00.000Z', code: null, detail: null }),
  failed: authentication({
    step: 'ended',
    outcome: 'failed',
    until: null,
    code: 'CLOCK_WRONG',
    detail: { ja: 'このPCの時計はサービスの時計より約11分進んでいます。', en: "This computer's clock is about 11 minutes ahead of the service's." },
  }),
} as const;
