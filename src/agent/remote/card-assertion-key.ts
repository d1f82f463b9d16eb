import { isForAuthentication } from '../../formats/pki/authentication-certificate.ts';
import { parseCertificate, type Certificate } from '../../formats/pki/certificate.ts';
import { signatureHolds } from '../../formats/pki/emsa-pkcs1.ts';
import { CardError, type AuthenticationCard, type CardHost, type PinOrder, type PinSessionId } from '../../native/host/card-host.ts';
import type { CardAuthenticationKey } from './remote-provider.ts';

/** One login takes one signature; a service may want another, for its own time or nonce. */
const signaturesPerLogin = 3;
/** From the PIN to the end of the login, in milliseconds. */
const loginMs = 120_000;

/** What a PIN may do that is typed for a login by this card. */
export function loginPinOrder(card: AuthenticationCard): PinOrder {
  return { certificateSha256: card.certificateSha256, purpose: 'authentication', maxSignatures: signaturesPerLogin, lifetimeMs: loginMs };
}

/** The key of a card whose PIN was taken over by {@link loginPinOrder}; the PIN goes to the card with the first signature. */
export interface OpenCardKey extends CardAuthenticationKey {
  /** Ends the PIN session. The login is over, whatever came of it. */
  close(): Promise<void>;
}

/**
 * The key of a login at a remote service.
 * SECURITY: a certificate for documents makes no key for logins, and no value leaves that does not hold under the
 * certificate that was shown (test/unit/agent/remote/card-assertion-key.test.ts). Throws CardError.
 */
export function openCardAssertionKey(cards: Pick<CardHost, 'sign' | 'endPinSession'>, card: AuthenticationCard, session: PinSessionId): OpenCardKey {
  const certificate = authenticationCertificate(card);
  return {
    certificate: certificate.der,
    async sign(hash) {
      const signature = await cards.sign(session, hash);
      if (!signatureHolds(certificate.publicKey, hash, signature)) {
        throw new CardError('CARD_MODULE_FAILED', "the signature does not hold under the card's certificate");
      }
      return signature;
    },
    close: () => cards.endPinSession(session),
  };
}

function authenticationCertificate(card: AuthenticationCard): Certificate {
  const certificate = parse(card.certificate);
  const isUsable = certificate?.sha256 === card.certificateSha256 && certificate.keyInfo.kind === 'rsa' && isForAuthentication(certificate);
  if (isUsable) return certificate;
  throw new CardError('CARD_UNKNOWN', 'no certificate for authentication', undefined, { pinNotPresented: true });
}

function parse(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}
