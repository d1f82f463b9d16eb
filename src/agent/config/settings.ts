import path from 'node:path';
import { z } from 'zod';
import { supportContact } from '../../contract/support-contact.ts';
import { remoteSettings, terminalSettings } from './remote-settings.ts';
import { updateSettings } from './update-settings.ts';
import { bypassHost, proxyAddress } from './addresses.ts';

/**
 * Every setting of the agent, its default and who may change it. Machine policy may set all of them; a user only those
 * of {@link userSettings}: the rest decides what is trusted.
 */
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 as 64 lower-case hex digits');
/**
 * What a relative path means depends on where a program was started, which is not for a policy to leave open.
 * SECURITY: test/attacks/row-21-module-path.test.ts
 */
const absolutePath = z
  .string()
  .max(1024)
  .refine((text) => path.posix.isAbsolute(text) || path.win32.isAbsolute(text), 'an absolute path');

const pairedByPolicy = z.union([
  z.strictObject({ name: z.string().min(1).max(128), origin: z.url(), tokenSha256: sha256Hex }),
  z.strictObject({ name: z.string().min(1).max(128), native: z.literal(true), tokenSha256: sha256Hex }),
]);

const pkcs11Module = z.strictObject({
  path: absolutePath,
  /** How the module wants the PIN before each signature. Vendors differ; `user` is what they prescribe. */
  login: z.enum(['user', 'context-specific']).default('user'),
  /** Vendors have one module for signing, and one for authentication (to log in to remote signing). */
  purpose: z.enum(['signing', 'authentication']).default('signing'),
});

const presetStaff = z.strictObject({ staffId: z.string().min(1).max(64), certificateSha256: sha256Hex });

const outboundProxy = z.union([
  /** `system`: what the operating system says, else the environment. `environment`: HTTPS_PROXY and NO_PROXY. `direct`: none. */
  z.enum(['system', 'environment', 'direct']),
  z.strictObject({
    url: proxyAddress,
    user: z.string().min(1).max(256).optional(),
    /** Holds the password in one line, for fleets; else it is set by hpki-agent network set-proxy-password. */
    passwordFile: absolutePath.optional(),
    /** Whether the password may be sent as it is (Basic). Digest never shows it. */
    basic: z.boolean().default(true),
    /** Hosts that are reached without the proxy. */
    bypass: z.array(bypassHost).max(64).default([]),
  }),
]);

export const settingsSchema = z.strictObject({
  language: z.enum(['ja', 'en']).default('ja'),
  support: z.strictObject({ contact: supportContact.nullable().default(null) }).prefault({}),
  api: z
    .strictObject({
      ports: z.array(z.int().min(1024).max(65535)).min(1).max(32).default([17090, 17091, 17092, 17093, 17094, 17095, 17096, 17097, 17098, 17099]),
      bodyLimitMiB: z.int().min(1).max(16).default(4),
      /** OS users, besides the agent's own, whose programs may connect (EHR services run as SYSTEM). */
      otherUsers: z.array(z.string().min(1).max(128)).max(32).default([]),
      requestsPerMinute: z.int().min(10).max(6000).default(600),
    })
    .prefault({}),
  clients: z.array(pairedByPolicy).max(256).default([]),
  pairing: z
    .strictObject({
      allowed: z.boolean().default(true),
      tokenDays: z.int().min(1).max(3650).default(400),
    })
    .prefault({}),
  pin: z
    .union([
      z.literal('every-signature'),
      z.literal('until-card-removed'),
      z.strictObject({ minutes: z.int().min(1).max(480) }),
    ])
    .default('every-signature'),
  bounds: z
    .strictObject({
      documentsPerSession: z.int().min(1).max(250).default(250),
      requestsPerHour: z.int().min(1).max(600).default(60),
    })
    .prefault({}),
  deadlines: z
    .strictObject({
      consentSeconds: z.int().min(10).max(600).default(120),
      cardSeconds: z.int().min(10).max(600).default(60),
      cardCallSeconds: z.int().min(5).max(60).default(20),
      loginAndSignSeconds: z.int().min(10).max(120).default(60),
    })
    .prefault({}),
  staff: z
    .strictObject({
      binding: z.enum(['ask', 'preset', 'admin']).default('ask'),
      preset: z.array(presetStaff).max(10_000).default([]),
    })
    .prefault({}),
  cards: z
    .strictObject({
      /** PC/SC of our own: drives HPKI cards where no module is named, and else watches readers and reads PIN counters. */
      direct: z.boolean().default(true),
      modules: z.array(pkcs11Module).max(8).default([]),
      /** `auto`: a reader that says it has keys of its own takes the PIN there. The person may type it in the window instead. */
      readerKeypad: z.enum(['auto', 'off']).default('auto'),
    })
    .prefault({}),
  desktop: z
    .strictObject({
      /** Start with the user's session. */
      startAtLogin: z.boolean().default(true),
      /** Whether a user may end the agent from its tray menu. */
      quit: z.boolean().default(true),
    })
    .prefault({}),
  trust: z
    .strictObject({
      /** PEM files of root certificates, besides those that are known by fingerprint. */
      anchors: z.array(absolutePath).max(64).default([]),
      /** PEM files of intermediate CAs, for documents of other facilities; none is trusted by being here. */
      chain: z.array(absolutePath).max(64).default([]),
      /** Folder of revocation lists, PEM or DER, kept fresh by whoever fetches them. */
      crlDir: absolutePath.nullable().default(null),
    })
    .prefault({}),
  network: z
    .strictObject({
      proxy: outboundProxy.default('system'),
      /** PEM or DER files of CAs that count besides those of the system, for the signing services alone. */
      extraCa: z.array(absolutePath).max(64).default([]),
      /** `imported`: the one that hpki-agent network import-certificate has taken in, where there is one. */
      clientCertificate: z
        .union([z.enum(['imported', 'none']), z.strictObject({ certificate: absolutePath, key: absolutePath })])
        .default('imported'),
    })
    .prefault({}),
  signature: z
    .strictObject({
      reference1: z.enum(['inclusive', 'exclusive']).default('inclusive'),
      issuerSerialV2: z.boolean().default(false),
      signingTimeZone: z.enum(['+00:00', '+09:00']).default('+00:00'),
    })
    .prefault({}),
  remote: remoteSettings.prefault({}),
  terminal: terminalSettings.prefault({}),
  update: updateSettings.prefault({}),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Top-level keys that a user may set for themselves. */
export const userSettings = ['language', 'support'] as const satisfies readonly (keyof Settings)[];
