import type { AuthenticationView } from '../../contract/ipc/authentication.ts';
import type { SignatureView } from '../../contract/ipc/signature.ts';

/** Names one entry of a PIN: another card, a new count, or a refusal is another one. */
export function pinQuestion({ dialog, step }: SignatureView | AuthenticationView): string {
  if (step.step !== 'pin') return dialog;
  return [dialog, step.card.certificateSha256, step.triesLeft ?? 'unknown', step.failuresSeen, step.refused ?? 'first'].join(' ');
}
