import type { CardInfo } from '../contract/ipc/card.ts';
import type { DocumentView } from '../contract/ipc/document.ts';
import type { SignatureStep, SignatureView } from '../contract/ipc/signature.ts';
import type { BindingView, Caller, CardNeed, CardView, ConsentQuestion, DialogOutcome, KeypadWait, PinQuestion, SignatureDialogView } from '../agent/ports.ts';
import { nameDifferences } from '../agent/signing/name-differences.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';

type Bilingual = SignatureView['notices'][number];

/** What the signature window shows of one request, before its step. Names from outside are made safe to read. */
export function viewRequest(dialog: string, view: SignatureDialogView, notices: readonly Bilingual[]): Omit<SignatureView, 'step'> {
  const { caller, staff } = view;
  return {
    dialog,
    caller: viewCaller(caller),
    staff: { id: showSafely(staff.id), name: showSafely(staff.name) },
    documents: view.documents.map(viewDocument),
    waiting: view.waiting.map((name) => showSafely(name)),
    notices: [...view.notices.map((notice) => ({ ...notice })), ...notices],
  };
}

export function viewCaller({ clientName, origin, program }: Caller): SignatureView['caller'] {
  return {
    name: showSafely(clientName),
    origin: origin === null ? null : showSafely(origin),
    program: program === null ? null : showSafely(program),
  };
}

function viewDocument({ id, summary, warnings }: SignatureDialogView['documents'][number]): DocumentView {
  const { type, signer, facility, patient, date, drugCount, hasNarcotic, sections } = summary;
  const { name, kana, sex, birthDate, age } = patient;
  return {
    id,
    type,
    signer: signer.name,
    facility,
    patient: { name, kana, sex, birthDate, age },
    date,
    drugCount,
    hasNarcotic,
    sections: sections.map(({ heading, rows }) => ({ heading: { ...heading }, rows: rows.map((row) => ({ ...row, label: { ...row.label }, marks: [...row.marks] })) })),
    warnings: warnings.map((warning) => ({ ...warning })),
  };
}

function viewCardInfo({ card, ...certificate }: CardView): CardInfo {
  return viewCertificate({ ...certificate, certificateSha256: card.certificateSha256 }, card.reader);
}

function viewCertificate({ certificateSha256, name, role, notAfter, daysLeft }: BindingView['certificate'], reader: string): CardInfo {
  return {
    certificateSha256,
    reader: showSafely(reader),
    name: showSafely(name),
    role: role === null ? null : showSafely(role),
    notAfter: notAfter.toISOString(),
    daysLeft,
  };
}

export const steps = {
  insertCard: (need: CardNeed, canAuthenticate: boolean): SignatureStep => ({ step: 'insert_card', need, canAuthenticate }),
  chooseCard: (cards: readonly CardView[]): SignatureStep => ({ step: 'choose_card', cards: cards.map(viewCardInfo) }),
  confirmBinding: ({ personInDocument, certificate, place, staff }: BindingView): SignatureStep => ({
    step: 'confirm_binding',
    personInDocument,
    differences: [...nameDifferences({ staff, personInDocument, certificate })],
    card: viewCertificate(certificate, place.kind === 'card' ? place.reader : place.provider),
  }),
  pin: ({ card, tries, refused, signatures }: PinQuestion): SignatureStep => ({
    step: 'pin',
    card: viewCardInfo(card),
    triesLeft: tries.triesLeft === 'unknown' ? null : tries.triesLeft,
    failuresSeen: tries.failuresSeen,
    consentNeeded: tries.consentNeeded,
    refused,
    signatures,
    keypad: card.card.keypad === true,
  }),
  keypad: ({ card, done, total }: KeypadWait, left: boolean): SignatureStep => ({ step: 'keypad', card: viewCardInfo(card), done, total, left }),
  consent: ({ why, documents, session }: ConsentQuestion): SignatureStep => ({
    step: 'consent',
    why,
    documents: [...documents],
    method: session.method,
    until: session.until.toISOString(),
  }),
  signing: (done: number, total: number): SignatureStep => ({ step: 'signing', done, total }),
  ended: (end: Exclude<DialogOutcome, { outcome: 'other_way' }>): SignatureStep =>
    end.outcome === 'signed'
      ? { step: 'ended', outcome: 'signed', code: null, detail: null }
      : { step: 'ended', outcome: end.outcome, code: end.code, detail: end.detail === null ? null : { ...end.detail } },
};
