/** The pictures in docs/images: which window, and how much of it. */
export interface ManualPicture {
  readonly file: string;
  readonly scene: string;
  readonly language: 'ja' | 'en';
  readonly width: number;
  readonly height: number;
}

const windows = [
  { name: 'signature-pin-one', width: 720, height: 728 },
  { name: 'signature-pin-batch', width: 720, height: 728 },
  { name: 'signature-pin-keypad', width: 720, height: 728 },
  { name: 'signature-keypad-consent', width: 720, height: 728 },
  { name: 'signature-first-binding-differs', scene: 'signature-first-binding-other-name', width: 720, height: 728 },
  { name: 'signature-last-tries', width: 720, height: 560 },
  { name: 'authentication-code', width: 600, height: 681 },
  { name: 'pairing-code-web', width: 560, height: 560 },
  { name: 'home-status', scene: 'home-status-tour', width: 960, height: 1240 },
  { name: 'home-diagnosis', width: 960, height: 720 },
] as const;

/** What the English manual shows; the rest speaks Japanese in both. */
const inEnglishToo: ReadonlySet<string> = new Set(['signature-pin-one', 'signature-pin-keypad', 'signature-keypad-consent', 'signature-first-binding-differs']);

export const manualPictures: readonly ManualPicture[] = windows.flatMap(({ name, width, height, ...other }) => {
  const scene = 'scene' in other ? other.scene : name;
  const ja: ManualPicture = { file: `${name}.png`, scene, language: 'ja', width, height };
  return inEnglishToo.has(name) ? [ja, { ...ja, file: `${name}.en.png`, language: 'en' }] : [ja];
});
