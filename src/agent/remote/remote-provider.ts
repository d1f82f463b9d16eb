import type { SessionMethod } from '../../contract/api.ts';
import type { DocumentType } from '../../formats/prescription/document.ts';

/** What a provider has handed out, whatever else is right or wrong with it. Enough to revoke it. */
export interface IssuedToken {
  readonly method: SessionMethod;
  /** What the provider's own adapter wants back: bearer token, refresh token, credential id. Sealed where it is kept. */
  readonly secret: Uint8Array;
}

/** What a provider handed out after a person had authenticated. Its `secret` reaches neither a log nor a page nor the EHR. */
export interface RemoteToken extends IssuedToken {
  /** Whom the provider says it authenticated (`sub`). Bound to a staff id only after a returned certificate has fitted. */
  readonly subject: string;
  /** From the provider's answer, never from a constant. */
  readonly expiresAt: Date;
}

export interface AuthenticationOrder {
  readonly method: SessionMethod;
  /** The EHR's staff id and name, for the provider's page to show; no provider address or scope comes from here. */
  readonly staff: { readonly id: string; readonly name: string };
  /** As the facility's client certificate names it; null where there is none. */
  readonly facility: string | null;
  /** Host name and OS user as the window shows them, so that the phone's page can name the same place. */
  readonly terminal: string;
}

/** What the phone needs, and what only this terminal shows (RFC 8628 §5.4). */
export interface PhoneCode {
  /** What the QR says: `verification_uri_complete`, 80 characters at most. */
  readonly uri: string;
  /** RFC 8628 `user_code`, for a phone that cannot scan. */
  readonly userCode: string;
  /** Typed on the phone; null where the provider has no such thing. */
  readonly number: string | null;
  /** At most 120 s after the click. */
  readonly expiresAt: Date;
}

/** A provider's own login page, shown in a window of the agent. */
export interface LoginPage {
  readonly url: URL;
  /** Exactly this address ends the login; it is caught before it reaches the network. */
  readonly redirectUrl: URL;
  /** Policy lets a terminal without windows receive that address itself, on loopback. */
  readonly listens?: boolean;
  /** Where the window may navigate to; everything else ends the login. */
  readonly allowedOrigins: readonly string[];
  /** Card methods: TLS client authentication with this person's authentication certificate. */
  readonly card: 'hpki' | 'jpki' | null;
}

/** A key on a card that a person has opened with the PIN. It signs authentications, never documents. */
export interface CardAuthenticationKey {
  /** DER. */
  readonly certificate: Uint8Array;
  /** RSASSA-PKCS1-v1_5 over a SHA-256 hash (32 bytes). Throws CardError. */
  sign(hash: Uint8Array): Promise<Uint8Array>;
}

/** How a provider meets the person who authenticates. Every wait ends with the order's signal. */
export interface AuthenticationSteps {
  /** Shows the code until the authentication ends. */
  showCode(code: PhoneCode): void;
  /** Resolves with the address that the page ended on, query included. Throws ProblemError CANCELLED_BY_USER. */
  showLogin(page: LoginPage, signal: AbortSignal): Promise<URL>;
  /** Asks for the card and its PIN. The key is closed with the authentication. */
  openCardKey(card: 'hpki' | 'jpki', signal: AbortSignal): Promise<CardAuthenticationKey>;
  /**
   * Takes over a token of a login that failed, or an answer that may still bring one (null where it did not), so that it does
   * not live on at the service. No login waits for that. The promise never rejects.
   */
  discard(token: Promise<IssuedToken | null>): void;
}

/** A credential of the person in the cloud. Certificates are DER. */
export interface RemoteCredential {
  readonly id: string;
  readonly certificate: Uint8Array;
  readonly chain: readonly Uint8Array[];
  /** How many hashes one call of the service takes, at least 1. */
  readonly hashesAtOnce: number;
}

/** The service signs hashes of SignedInfo that are made here; the certificate is known before. */
export interface ValueSigning {
  readonly form: 'value';
  /** The person's signing credentials under this token. */
  credentials(token: RemoteToken, signal: AbortSignal): Promise<readonly RemoteCredential[]>;
  /** Yields the RSASSA-PKCS1-v1_5 signature of each SHA-256 hash, in order. See {@link RemoteProvider} for errors. */
  sign(token: RemoteToken, credential: RemoteCredential, hashes: readonly Uint8Array[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
}

/** The service makes the whole signature element over a digest of the document element. */
export interface ElementSigning {
  readonly form: 'element';
  /** By which canonicalization the digest is made: what the service declares on reference 1. */
  readonly reference1: 'inclusive' | 'exclusive';
  /** Yields one `Signature` element (UTF-8) for each digest (SHA-256, 32 bytes), in order. See {@link RemoteProvider} for errors. */
  sign(token: RemoteToken, documents: readonly { readonly type: DocumentType; readonly digest: Uint8Array }[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
}

/**
 * A service that signs with certificates in the cloud. Every method throws ProblemError with the codes of the provider and
 * its network.
 *
 * A signature call (`sign`) whose answer was lost throws REMOTE_ANSWER_LOST and is never repeated here: documents after
 * the last yielded one may have been signed. With every other ProblemError they certainly were not. Whatever was yielded
 * before an error stays valid. When the signal aborts, a call under way is still waited for and its values are yielded;
 * then it ends without another call. A token that is not accepted any more (expired, revoked) is TOKEN_EXPIRED.
 */
export interface RemoteProvider {
  /** As policy names it; bindings and the audit log know the provider by it. */
  readonly name: string;
  readonly methods: readonly SessionMethod[];
  /** Where a card logs in: through the agent's own drivers, or by TLS client authentication of the provider's login page. */
  readonly cardLogin: 'driver' | 'page';
  readonly signing: ValueSigning | ElementSigning;
  /**
   * One authentication, begun by a click. An unused code that ran out throws AUTHENTICATION_EXPIRED, a refusal on the phone
   * or by the service AUTHENTICATION_REFUSED; the person may begin another.
   */
  authenticate(order: AuthenticationOrder, steps: AuthenticationSteps, signal: AbortSignal): Promise<RemoteToken>;
  /** RFC 7009. A token that the provider no longer knows is revoked. */
  revoke(token: IssuedToken, signal: AbortSignal): Promise<void>;
}
