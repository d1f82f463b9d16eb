import { z } from 'zod';
import { serviceAddress } from './addresses.ts';

/**
 * What policy says about remote signing. No address, client id or field name of a provider comes from anywhere else: neither
 * from an EHR nor from a user's own settings.
 */

/** As in the API, in `POST /v1/sessions`. */
export const authenticationMethod = z.enum(['smartphone', 'hpki-card', 'mynumber-card']);

const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a name of a field');

const providerName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a short name in lower-case letters, digits and hyphens');

/** Cloud Signature Consortium API 2.0 over OAuth 2.0: the device grant for phones, a signed assertion for cards. */
const cscProvider = z.strictObject({
  kind: z.literal('csc'),
  name: providerName,
  /** RFC 8414 issuer: everything about the authorization server is discovered from here. */
  issuer: serviceAddress,
  /** Base of the signature API, up to and with `/csc/v2`. */
  serviceUrl: serviceAddress,
  clientId: z.string().min(1).max(256),
  methods: z.array(authenticationMethod).min(1).max(3).default(['smartphone', 'hpki-card', 'mynumber-card']),
  /** `openid` brings the ID token that says who authenticated. */
  scope: z.string().min(1).max(256).default('openid profile service'),
  /** RFC 9396 type by which the service is told the number that only the terminal shows; null where it knows none. */
  signInDetail: z.string().min(1).max(128).nullable().default('hpki_sign_in'),
});

/** Shaped like the national platform. What only a contract tells has a setting here, and docs/admin says what is assumed. */
const kaguraProvider = z.strictObject({
  kind: z.literal('kagura'),
  name: providerName,
  issuer: serviceAddress,
  authorizationUrl: serviceAddress,
  tokenUrl: serviceAddress,
  signatureUrl: serviceAddress,
  revocationUrl: serviceAddress.nullable().default(null),
  /** Ends the login. It is caught in the window and never called. */
  redirectUrl: z.url({ protocol: /^https?$/ }),
  /**
   * Where there is no desktop: the agent listens on 127.0.0.1 and the port of `redirectUrl`, once for each login, for a browser
   * of this machine. The host of `redirectUrl` (http) has to lead to 127.0.0.1 here.
   */
  callbackListener: z.boolean().default(false),
  /** Where the login page may lead to, besides the origin of `authorizationUrl`. */
  allowedOrigins: z.array(serviceAddress).max(16).default([]),
  /** One client for each method. A method without one is not offered. */
  clientIds: z
    .strictObject({
      smartphone: z.string().min(1).max(256).optional(),
      'hpki-card': z.string().min(1).max(256).optional(),
      'mynumber-card': z.string().min(1).max(256).optional(),
    })
    .default({ smartphone: 'FIDO', 'hpki-card': 'HPKI', 'mynumber-card': 'JPKI' }),
  scope: z.string().min(1).max(256).default('openid'),
  /** Keys of the issuer. Null: an ID token is taken as it comes over TLS (OpenID Connect Core §3.1.3.7, number 6). */
  jwksUrl: serviceAddress.nullable().default(null),
  /** Canonicalization that the service declares on its reference to the document. */
  reference1: z.enum(['inclusive', 'exclusive']).default('inclusive'),
  /** Names of parameters and fields. None of them is public; these are the sandbox's. */
  names: z
    .strictObject({
      /** Of the authorization request, for the phone's page to show. Null: not sent. */
      facility: fieldName.nullable().default('facility'),
      terminal: fieldName.nullable().default('terminal'),
      doctor: fieldName.nullable().default('login_hint'),
      /** Of the signature request: the ID token, base64 of the SHA-256, and which document it is. */
      token: fieldName.default('Token'),
      digest: fieldName.default('Digest'),
      documentType: fieldName.nullable().default('DocumentType'),
      /** Of the answer: the `Signature` element as text, with or without the element around it. */
      element: fieldName.default('SignedElement'),
      errorCode: fieldName.default('ErrorCode'),
    })
    .prefault({}),
  /** What every signature request says besides, by field name: the facility's code and the like. */
  institution: z.record(fieldName, z.string().max(256)).default({}),
  /** Error codes of the service that mean a token which is not accepted any more. */
  tokenErrors: z.array(fieldName).max(32).default(['TOKEN_EXPIRED', 'TOKEN_INVALID']),
});

export const providerSettings = z.discriminatedUnion('kind', [cscProvider, kaguraProvider]);
export type ProviderSettings = z.infer<typeof providerSettings>;
export type CscSettings = z.infer<typeof cscProvider>;
export type KaguraSettings = z.infer<typeof kaguraProvider>;

export const remoteSettings = z.strictObject({
  /** Of two that offer a method, the first serves it. */
  providers: z
    .array(providerSettings)
    .max(8)
    .refine((providers) => new Set(providers.map(({ name }) => name)).size === providers.length, 'names that differ')
    .default([]),
  /** Whether a person confirms what the cloud signs after they have authenticated. The bounds hold in any case. */
  confirm: z.enum(['never', 'each-batch', 'each']).default('never'),
  /** `sealed`: a restart of the agent does not end the day. Only where the system has a key store. */
  keepTokens: z.enum(['memory', 'sealed']).default('memory'),
  /** How long a provider's login page stays open. Everything else has the deadlines of signing. */
  loginPageSeconds: z.int().min(30).max(600).default(300),
});

/** The part that this terminal has in its hospital. */
export const terminalSettings = z.strictObject({
  authenticates: z.union([z.literal('none'), z.array(authenticationMethod).min(1).max(3)]).default(['smartphone', 'hpki-card', 'mynumber-card']),
  signs: z.boolean().default(true),
});

export type RemoteSettings = z.infer<typeof remoteSettings>;
