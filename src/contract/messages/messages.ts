/**
 * Every text of the windows and the tray, as i18next resources. Japanese is the source; English has the same keys (the
 * compiler holds it) and the same {{values}} (test/unit/contract/messages.test.ts). Texts that come with data carry
 * both languages themselves and are not here.
 */
import { authenticationEn, authenticationJa } from './authentication.ts';
import { commonEn, commonJa } from './common.ts';
import { homeEn, homeJa } from './home.ts';
import { pairingEn, pairingJa } from './pairing.ts';
import { signatureEn, signatureJa } from './signature.ts';
import { trayEn, trayJa } from './tray.ts';

export const languages = ['ja', 'en'] as const;
export type Language = (typeof languages)[number];

const ja = { common: commonJa, signature: signatureJa, authentication: authenticationJa, pairing: pairingJa, home: homeJa, tray: trayJa } as const;
const en = { common: commonEn, signature: signatureEn, authentication: authenticationEn, pairing: pairingEn, home: homeEn, tray: trayEn } as const;

export const messages = { ja, en } as const;

type Paths<Tree, Before extends string = ''> = {
  [Key in keyof Tree & string]: Tree[Key] extends string ? `${Before}${Key}` : Paths<Tree[Key], `${Before}${Key}.`>;
}[keyof Tree & string];

/** `signature.pin.label`: a key that exists. */
export type MessageKey = Paths<typeof ja>;
