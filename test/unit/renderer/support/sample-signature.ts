/** Every step of the signature window, as main would push it. */
import type { CardInfo } from '../../../../src/contract/ipc/card.ts';
import type { SignatureStep, SignatureView } from '../../../../src/contract/ipc/signature.ts';
import { batch, dispensing, prescription } from './sample-documents.ts';

export const card: CardInfo = {
  certificateSha256: 'a'.repeat(64),
  reader: 'SCM Microsystems SCR3310 [CCID Interface] 00 00',
  name: '医者　三郎',
  role: 'Medical Doctor',
  notAfter: '2028-03-31T14:59:59.000Z',
  daysLeft: 730,
};

export const otherCard: CardInfo = {
  certificateSha256: 'b'.repeat(64),
  reader: 'ACS ACR39U ICC Reader 01 00',
  name: '医者　三郎',
  role: 'Medical Doctor',
  notAfter: '2026-05-20T14:59:59.000Z',
  daysLeft: 49,
};

const one = [prescription()];

export function signature(step: SignatureStep, changes: Partial<SignatureView> = {}): SignatureView {
  return {
    dialog: 'dialog-1',
    caller: { name: '見本電子カルテ', origin: 'https://karte.clinic.example.co.jp:8443', program: null },
    staff: { id: 'D0012', name: '医者　三郎' },
    documents: one,
    waiting: [],
    notices: [],
    step,
    ...changes,
  };
}

function insertStep(need: Extract<SignatureStep, { step: 'insert_card' }>['need'], canAuthenticate = false): SignatureStep {
  return { step: 'insert_card', need, canAuthenticate };
}

export function pinStep(changes: Partial<Extract<SignatureStep, { step: 'pin' }>> = {}): SignatureStep {
  return { step: 'pin', card, triesLeft: 15, failuresSeen: 0, consentNeeded: false, refused: null, signatures: 1, keypad: false, ...changes };
}

const program = { name: 'みほんレセコン Ver.5', origin: null, program: 'C:\\Program Files\\Mihon Medical Systems\\Receipt Computer 5\\bin\\mihon-rececom-x64.exe' };

export const signatureScenes = {
  'insert-card': signature(insertStep('no_card')),
  'insert-no-service': signature(insertStep('no_service')),
  'insert-no-reader': signature(insertStep('no_reader')),
  'insert-unknown-card': signature(insertStep('unknown_card')),
  'insert-card-in-use': signature(insertStep('card_in_use')),
  'insert-module-failed': signature(insertStep('module_failed')),
  'card-removed': signature(insertStep('card_removed')),
  'insert-card-or-authenticate': signature(insertStep('no_card', true)),
  consent: signature(
    { step: 'consent', why: 'bound_reached', documents: ['rx-1'], method: 'smartphone', until: '2026-04-02T00:30:00.000Z' },
  ),
  'wrong-card': signature(insertStep('other_doctor'), { waiting: ['みほんレセコン Ver.5'] }),
  'choose-card': signature({ step: 'choose_card', cards: [card, otherCard] }),
  'first-binding': signature({ step: 'confirm_binding', personInDocument: '医者　三郎', card, differences: [] }),
  'pin-one': signature(pinStep()),
  'pin-batch': signature(pinStep({ signatures: 12 }), { documents: batch(12), caller: program, waiting: ['見本電子カルテ'] }),
  'pin-refused': signature(pinStep({ triesLeft: 9, failuresSeen: 1, refused: 'incorrect' })),
  'pin-unknown-tries': signature(pinStep({ card: otherCard, triesLeft: null, failuresSeen: 1, refused: 'incorrect' }), {
    notices: [{ ja: 'このPCの時計が文書の日付と30日以上ずれています。', en: 'The clock of this PC differs from the document’s date by more than 30 days.' }],
  }),
  'keypad-consent': signature(pinStep({ keypad: true })),
  'keypad-consent-batch': signature(pinStep({ keypad: true, signatures: 12, refused: 'keypad_timed_out' }), { documents: batch(12), caller: program }),
  'keypad-consent-refused': signature(pinStep({ keypad: true, triesLeft: 14, failuresSeen: 1, refused: 'incorrect' })),
  'keypad-waits': signature({ step: 'keypad', card, done: 0, total: 1, left: false }),
  'keypad-waits-batch': signature({ step: 'keypad', card, done: 4, total: 12, left: false }, { documents: batch(12), caller: program }),
  'keypad-left': signature({ step: 'keypad', card, done: 0, total: 1, left: true }),
  'keypad-last-try': signature(pinStep({ keypad: true, triesLeft: 1, failuresSeen: 0, consentNeeded: true, refused: 'keypad_cancelled' })),
  'pin-dispensing': signature(pinStep({ card: { ...card, name: '調剤　花子', role: 'Pharmacist' } }), {
    documents: [dispensing()],
    staff: { id: 'P001', name: '調剤　花子' },
    caller: program,
  }),
  'pin-checked': signature(pinStep({ signatures: 2 }), { documents: [dispensing('dx-1'), prescription('rx-9')] }),
  'first-binding-other-name': signature({ step: 'confirm_binding', personInDocument: '医者　サブロウ', card: { ...otherCard, name: '別人　次郎' }, differences: ['staff_document', 'staff_certificate', 'document_certificate'] }),
  'last-try': signature(pinStep({ triesLeft: 1, failuresSeen: 2, consentNeeded: true, refused: 'incorrect' })),
  'last-tries-unknown': signature(pinStep({ card: otherCard, triesLeft: null, failuresSeen: 2, consentNeeded: true, refused: null })),
  'last-tries': signature(pinStep({ triesLeft: 2, failuresSeen: 1, consentNeeded: true, refused: 'incorrect' })),
  signing: signature({ step: 'signing', done: 4, total: 12 }),
  'ended-signed': signature({ step: 'ended', outcome: 'signed', code: null, detail: null }),
  'ended-removed': signature({ step: 'ended', outcome: 'failed', code: 'CARD_REMOVED', detail: null }),
  'ended-cancelled': signature({
    step: 'ended',
    outcome: 'cancelled',
    code: 'CANCELLED_BY_USER',
    detail: { ja: '要求したEHRとの接続が切れました。何も署名していません。', en: 'The EHR that asked is gone. Nothing was signed.' },
  }),
  'ended-locked': signature({ step: 'ended', outcome: 'failed', code: 'PIN_LOCKED', detail: null }),
  'ended-expired': signature({ step: 'ended', outcome: 'expired', code: 'EXPIRED', detail: null }),
} as const satisfies Record<string, SignatureView>;
