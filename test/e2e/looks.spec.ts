/**
 * The four windows of the built app in every look: two languages, light and dark, 100, 150 and 200 % on a small screen,
 * and high contrast. Leaves a picture of each in screens/e2e, to be looked at by people; what a machine can see is asserted.
 * States that need a rare card or fault, and the manual, are in test/unit/renderer/screens.test.ts; a provider's login page
 * is not ours.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { confirmBinding, type WindowName } from './support/desktop.ts';
import { newStaff, prescription, type Signing } from './support/ehr.ts';
import { actionInSight, faultsOfAxe, focusUnseen, languages, nameOf, overflowing, picture, scales, schemes, sizeOfPage, wear, type Look } from './support/looks.ts';
import { startRemote, type Remote } from './support/remote.ts';

const folder = join(import.meta.dirname, '../../screens/e2e');
const looks: readonly Look[] = [
  ...languages.flatMap((language) => schemes.flatMap((scheme) => scales.map((scale) => ({ language, scheme, scale })))),
  ...schemes.map((scheme): Look => ({ language: 'ja', scheme, scale: 1, forcedColors: true })),
];

/**
 * What axe is asked in this look: everything where words change, in the dark what judges colours, at other scales what
 * depends on the layout. The system's own colours are not ours to judge.
 */
function rulesFor({ language, scheme, scale, forcedColors }: Look): 'all' | readonly string[] {
  if (forcedColors === true) return [];
  if (scale === 1) return scheme === 'light' ? 'all' : ['color-contrast', 'link-in-text-block'];
  return language === 'ja' && scheme === 'light' ? ['scrollable-region-focusable', 'target-size'] : [];
}

/** A window as a person comes to it. */
interface View {
  readonly name: string;
  readonly window: WindowName;
  /** What there is to do, or to look at. */
  readonly action: string;
  /** What it shows lives for two minutes, which no policy makes longer: it is opened anew for each language. */
  readonly isBrief?: true;
  /** With what is asked meanwhile, for it to be ended. */
  readonly open: (remote: Remote) => Promise<Signing | null>;
}

const section = (name: 'status' | 'clients' | 'diagnosis' | 'settings') => async ({ desktop }: Remote): Promise<null> => {
  await desktop.app.shell.clickTrayItem(name);
  await desktop.untilVisible('home');
  return null;
};

async function signs({ desktop, ehr }: Remote, documents = [prescription()]): Promise<Signing> {
  await desktop.insertNew('doctor');
  const signing = ehr.sign(documents, newStaff());
  await desktop.untilVisible('signature');
  return signing;
}

async function authenticates(remote: Remote): Promise<Signing> {
  const signing = remote.sign();
  await remote.desktop.untilVisible('authentication');
  return signing;
}

const views: readonly View[] = [
  { name: 'signature-binding', window: 'signature', action: '.button--solid', open: (remote) => signs(remote) },
  {
    name: 'signature-pin',
    window: 'signature',
    action: '.button--solid',
    async open(remote) {
      const signing = await signs(remote);
      await confirmBinding(await remote.desktop.page('signature'));
      return signing;
    },
  },
  {
    name: 'signature-batch',
    window: 'signature',
    action: '.button--solid',
    async open(remote) {
      const others = [['見本　太郎', 'ﾐﾎﾝ ﾀﾛｳ'], ['架空　さくら', 'ｶｸｳ ｻｸﾗ']] as const;
      const signing = await signs(remote, [prescription('rx-1'), ...others.map(([name, kana], index) => prescription(`rx-${index + 2}`, { withoutNarcotic: true, patient: { name, kana } }))]);
      await confirmBinding(await remote.desktop.page('signature'));
      return signing;
    },
  },
  { name: 'authentication-choose', window: 'authentication', action: '.method', open: authenticates },
  {
    name: 'authentication-code',
    window: 'authentication',
    action: '.qr__code',
    isBrief: true,
    async open(remote) {
      const signing = await authenticates(remote);
      await remote.page.getByRole('button', { name: /^スマートフォン/ }).click();
      await remote.page.locator('.qr__code').waitFor();
      return signing;
    },
  },
  {
    name: 'pairing-code',
    window: 'pairing',
    action: '.code',
    isBrief: true,
    async open({ desktop, ehr }) {
      const pairing = await desktop.openPairing();
      await ehr.askToPair();
      await pairing.locator('.code').waitFor();
      return null;
    },
  },
  { name: 'home-status', window: 'home', action: 'h1', open: section('status') },
  { name: 'home-clients', window: 'home', action: '.button--solid', open: section('clients') },
  {
    name: 'home-diagnosis',
    window: 'home',
    action: '.home__main .button',
    async open(remote) {
      await section('diagnosis')(remote);
      const home = await remote.desktop.page('home');
      await home.getByRole('button', { name: /自己診断を始める|もう一度診断する/ }).click();
      await expect(home.getByRole('heading', { name: /項目を確認しました/ })).toBeVisible({ timeout: 60_000 });
      return null;
    },
  },
  { name: 'home-settings', window: 'home', action: '[type=radio]', open: section('settings') },
];

const change = (home: Page, settings: { readonly language: 'ja' | 'en'; readonly theme: 'light' | 'dark' }): Promise<void> =>
  home.evaluate((wanted) => (window as unknown as { agent: { invoke(channel: string, request: unknown): Promise<void> } }).agent.invoke('settings.change', wanted), settings);

// Each worker has an app of its own.
test.describe.configure({ mode: 'parallel', timeout: 300_000 });

let remote: Remote;
test.beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  // Nothing that is asked runs out while a busy machine goes through the looks.
  remote = await startRemote({ provider: 'csc', methods: ['smartphone', 'hpki-card', 'mynumber-card'] }, {}, { deadlines: { consentSeconds: 600 } });
});
test.beforeEach(() => remote.reset());
test.afterAll(() => remote.desktop.close());

const showings = views.flatMap((view) =>
  (view.isBrief === true ? languages : [null]).map((only) => ({
    ...view,
    title: `${view.name} in every look${only === null ? '' : ` in ${only}`}`,
    worn: looks.filter(({ language }) => only === null || language === only),
  })),
);

for (const { name, title, window: shown, action, open, worn } of showings) {
  test(title, async () => {
    const { desktop } = remote;
    const signing = await open(remote);
    const [page, home] = [await desktop.page(shown), await desktop.page('home')];
    await page.waitForFunction(() => document.querySelector('button[aria-disabled="true"], input[readonly]') === null);
    // What lies under a mouse looks otherwise.
    await page.mouse.move(0, 0);
    const devtools = await page.context().newCDPSession(page);
    for (const look of worn) {
      await change(home, { language: look.language, theme: look.scheme });
      await expect(page.locator('html')).toHaveAttribute('lang', look.language);
      await expect(page.locator('html')).toHaveAttribute('data-theme', look.scheme);
      await wear(page, devtools, look, sizeOfPage(shown, look.scale));
      writeFileSync(join(folder, `${name}.${nameOf(look)}.png`), await picture(page, devtools, look));
      const seen = { overflowing: await overflowing(page), action: await actionInSight(page, action), unfocused: await focusUnseen(page), axe: await faultsOfAxe(page, rulesFor(look)) };
      expect.soft(seen, nameOf(look)).toEqual({ overflowing: [], action: true, unfocused: [], axe: [] });
    }
    await devtools.detach();
    if (shown === 'home') return;
    await page.keyboard.press('Escape');
    await desktop.untilVisible(shown, false);
    await signing?.answer;
  });
}
