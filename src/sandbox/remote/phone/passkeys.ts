import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import type { PeopleDirectory, RemotePerson } from '../people.ts';

interface Passkey {
  readonly person: RemotePerson;
  credential: WebAuthnCredential;
}

/** Milliseconds that the phone's own dialog stays. */
const dialogMilliseconds = 60_000;

/** COSE: ES256 and RS256, which every phone has one of. */
const algorithms = [-7, -257];

/** WebAuthn credentials of registered phones, and the ceremonies that make and use them. The user is always verified. */
export class Passkeys {
  readonly #origin: string;
  readonly #rpId: string;
  readonly #people: PeopleDirectory;
  readonly #passkeys = new Map<string, Passkey>();
  /** Challenge by phone. One ceremony at a time; each challenge serves once. */
  readonly #challenges = new Map<string, string>();
  /** Whose phone it is, by the phone's cookie. */
  readonly #owners = new Map<string, RemotePerson>();

  constructor(origin: string, people: PeopleDirectory) {
    this.#origin = origin;
    this.#rpId = new URL(origin).hostname;
    this.#people = people;
  }

  ownerOf(phone: string): RemotePerson | null {
    return this.#owners.get(phone) ?? null;
  }

  async registrationOptions(phone: string, person: RemotePerson): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const options = await generateRegistrationOptions({
      rpName: 'HPKIリモート署名（試験用）',
      rpID: this.#rpId,
      userName: person.userId,
      userDisplayName: person.name,
      userID: Uint8Array.from(Buffer.from(person.subject, 'utf8')),
      timeout: dialogMilliseconds,
      attestationType: 'none',
      supportedAlgorithmIDs: algorithms,
      authenticatorSelection: { authenticatorAttachment: 'platform', residentKey: 'required', userVerification: 'required' },
      excludeCredentials: this.#of(person).map(({ credential }) => ({ id: credential.id })),
    });
    this.#challenges.set(phone, options.challenge);
    return options;
  }

  /** True where the phone is now the person's. */
  async register(phone: string, person: RemotePerson, response: unknown): Promise<boolean> {
    const verified = await this.#withChallenge(phone, (expectedChallenge) =>
      verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: algorithms,
      }),
    );
    if (verified?.registrationInfo === undefined) return false;
    const { credential } = verified.registrationInfo;
    this.#passkeys.set(credential.id, { person, credential });
    this.#owners.set(phone, person);
    return true;
  }

  /** `askToVerify` false: what a phone would do that skips its user. */
  async authenticationOptions(phone: string, person: RemotePerson, askToVerify: boolean): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const options = await generateAuthenticationOptions({
      rpID: this.#rpId,
      timeout: dialogMilliseconds,
      userVerification: askToVerify ? 'required' : 'discouraged',
      allowCredentials: this.#of(person).map(({ credential }) => ({ id: credential.id })),
    });
    this.#challenges.set(phone, options.challenge);
    return options;
  }

  /**
   * Whose passkey has answered, or null.
   * SECURITY: an answer without user verification is refused whatever was asked for (test/integration/remote-service/phone.test.ts).
   */
  async authenticate(phone: string, response: unknown): Promise<RemotePerson | null> {
    const { id } = response as Partial<AuthenticationResponseJSON>;
    const passkey = this.#passkeys.get(id ?? '');
    if (passkey === undefined || this.#people.bySubject(passkey.person.subject) === undefined) return null;
    const verified = await this.#withChallenge(phone, (expectedChallenge) =>
      verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        credential: passkey.credential,
        requireUserVerification: true,
      }),
    );
    if (verified?.verified !== true) return null;
    passkey.credential = { ...passkey.credential, counter: verified.authenticationInfo.newCounter };
    return passkey.person;
  }

  #of(person: RemotePerson): readonly Passkey[] {
    return [...this.#passkeys.values()].filter((passkey) => passkey.person.subject === person.subject);
  }

  async #withChallenge<Verified>(phone: string, verify: (challenge: string) => Promise<Verified>): Promise<Verified | null> {
    const challenge = this.#challenges.get(phone);
    this.#challenges.delete(phone);
    // SimpleWebAuthn throws for an answer that does not fit: for us that is an answer like any other.
    return challenge === undefined ? null : verify(challenge).catch(() => null);
  }
}
