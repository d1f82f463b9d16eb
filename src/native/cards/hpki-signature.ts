import type { KeyObject } from 'node:crypto';
import { digestInfo, emsaPkcs1Block, rsaModulusLength } from '../../formats/pki/emsa-pkcs1.ts';
import { CardError } from '../host/card-host.ts';
import { SmartCardError } from '../pcsc/smart-card-service.ts';
import { chainCommand, extendedAnswerLimit, type CommandApdu, type ResponseApdu } from './apdu.ts';
import { selectElementaryFile } from './card-certificates.ts';
import type { KeyUse } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits, SigningForm } from './card-traits.ts';
import type { HpkiLayout } from './hpki-layout.ts';
import { checkSignature, keyFailed, presentPin } from './key-use.ts';
import { refusesForm, showStatus, sw } from './status-words.ts';

export interface SignatureJob extends KeyUse {
  readonly layout: HpkiLayout;
  /** Public key of the certificate that was re-read in this transaction. */
  readonly publicKey: KeyObject;
}

/**
 * Signs one hash with the key of the selected application: key → VERIFY → signature, in the order of the programs
 * that drive real cards. Returns a value that was verified with the certificate's key.
 *
 * The form of the signature command is settled by MSE, before the PIN, where the card lets it. A card that takes
 * MSE and refuses only the signature command is asked by the next form, with the PIN still verified. Only
 * when it has dropped the PIN meanwhile, the same PIN is presented once more: it was accepted in this very
 * transaction. A PIN that was not accepted is never presented again.
 *
 * Throws CardError PIN_INCORRECT, PIN_LOCKED or CARD_MODULE_FAILED and passes SmartCardErrors.
 */
export async function signHash(session: CardSession, traits: CardTraits, job: SignatureJob): Promise<Uint8Array> {
  const remembered = traits.signingForm;
  // Forgotten until it works again, so that a wrong memory costs one failed signature and not all.
  traits.signingForm = undefined;
  const key = new CardKey(session, job.layout);
  const forms = await key.prepare(candidateForms(traits, remembered));
  await presentPin(session, 'hpki', job.layout.pinReference, job);

  let presentedAgain = false;
  let refused: { readonly form: SigningForm; readonly status: number } | undefined;
  for (const form of forms) {
    // Only a wrong length is a reason to send the same block in shorter commands.
    if (form === 'block-chained' && refused !== undefined && refused.status !== sw.wrongLength) continue;
    if (form === 'digest-info') await key.select();
    let answer = await signBy(session, traits, job, form);
    if (answer.sw === sw.securityNotSatisfied && refused !== undefined && !presentedAgain) {
      if (!(job.pin instanceof Uint8Array)) {
        // Nobody here has the PIN. The person is asked for a new entry, and the card is spared the form that cost this one.
        traits.signingForm = form;
        throw new CardError('PIN_SESSION_ENDED', `the card dropped the PIN over a form that it refuses (${refused.form})`);
      }
      // SECURITY: reached only after VERIFY answered 9000 (presentPin throws otherwise), and once
      // (test/unit/native/cards/hpki-signature.test.ts).
      presentedAgain = true;
      await presentPin(session, 'hpki', job.layout.pinReference, job);
      answer = await signBy(session, traits, job, form);
    }
    if (answer.sw === sw.ok) {
      checkSignature(job.publicKey, job.hash, answer.data);
      traits.signingForm = form;
      return answer.data;
    }
    if (!refusesForm(answer.sw)) throw keyFailed(`the card did not sign (${form}): ${showStatus(answer.sw)}`);
    refused = { form, status: answer.sw };
  }
  throw keyFailed(`the card refuses every form of the signature command: ${showStatus(refused?.status ?? 0)}`);
}

/** By likelihood. A card or reader known not to take extended length is not asked for it again. */
function candidateForms(traits: CardTraits, remembered: SigningForm | undefined): readonly SigningForm[] {
  // A card that knows only the older form is spared the MSE that it refuses.
  if (remembered === 'digest-info') return ['digest-info'];
  return remembered === 'block-chained' || traits.extendedLength === false
    ? ['block-chained', 'digest-info']
    : ['block-extended', 'block-chained', 'digest-info'];
}

/** The private key of the selected application, pointed at before the PIN is presented. */
class CardKey {
  readonly #session: CardSession;
  readonly #layout: HpkiLayout;
  #selected = false;

  constructor(session: CardSession, layout: HpkiLayout) {
    this.#session = session;
    this.#layout = layout;
  }

  /** SELECT EF and MSE as these forms need them. Returns the forms left: none that needs MSE once MSE is refused. */
  async prepare(forms: readonly SigningForm[]): Promise<readonly SigningForm[]> {
    const onlyDigestInfo = forms.every((form) => form === 'digest-info');
    if (this.#layout.selectsKeyFirst || onlyDigestInfo) await this.select();
    if (onlyDigestInfo) return forms;
    const mse = { cla: 0x00, ins: 0x22, p1: 0x41, p2: 0xb6, data: this.#layout.keyReference };
    const answer = await this.#session.send(mse);
    if (answer.sw === sw.ok) return forms;
    const left = forms.filter((form) => form === 'digest-info');
    if (!refusesForm(answer.sw) || left.length === 0) throw keyFailed(`MSE: ${showStatus(answer.sw)}`);
    await this.select();
    return left;
  }

  async select(): Promise<void> {
    if (this.#selected) return;
    const answer = await selectElementaryFile(this.#session, this.#layout.keyFile);
    if (answer.sw !== sw.ok) throw keyFailed(`no private key file: ${showStatus(answer.sw)}`);
    this.#selected = true;
  }
}

async function signBy(
  session: CardSession,
  traits: CardTraits,
  job: SignatureJob,
  form: SigningForm,
): Promise<ResponseApdu> {
  if (form === 'digest-info') {
    return session.send({ cla: 0x80, ins: 0x2a, p1: 0x00, p2: 0x80, data: digestInfo(job.hash), le: 256 });
  }
  const data = emsaPkcs1Block(job.hash, rsaModulusLength(job.publicKey) ?? 0);
  const command: CommandApdu = { cla: 0x00, ins: 0x2a, p1: 0x9e, p2: 0x9a, data, le: extendedAnswerLimit };
  if (form === 'block-chained') return sendChained(session, command);
  try {
    return await session.send(command);
  } catch (error) {
    // A reader that cannot carry extended APDUs fails here; the next signature is sent in short ones.
    if (error instanceof SmartCardError && error.code === 'COMMUNICATION') traits.extendedLength = false;
    throw error;
  }
}

async function sendChained(session: CardSession, command: CommandApdu): Promise<ResponseApdu> {
  let answer: ResponseApdu = { data: new Uint8Array(), sw: sw.ok };
  for (const link of chainCommand(command)) {
    answer = await session.send(link);
    if (answer.sw !== sw.ok) return answer;
  }
  return answer;
}
