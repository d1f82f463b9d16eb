import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from '@playwright/test';

/** How a step on a phone ended, and what its page says about it. */
export interface PhoneAnswer {
  readonly outcome: 'done' | 'problem';
  readonly text: string;
}

/** Where a Chromium is on this machine, or undefined. */
export function findChromium(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/bin'];
  const candidates = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Phones played by a real Chromium, each with a virtual platform authenticator (CDP `WebAuthn.addVirtualAuthenticator`): the
 * pages, the ceremonies and the signatures are real, only the finger is not.
 */
export class VirtualPhones {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(executablePath: string, ownArguments: readonly string[] = []): Promise<VirtualPhones> {
    // The sandbox of Chromium does not start for root, which containers like to be.
    const noSandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return new VirtualPhones(await chromium.launch({ executablePath, args: [...noSandbox, ...ownArguments] }));
  }

  /** A new phone that nobody has registered. */
  async phone(): Promise<VirtualPhone> {
    // A page on a phone: small, and with fingers.
    const context = await this.#browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: 'ja-JP' });
    return VirtualPhone.start(context);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

export class VirtualPhone {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #devTools: CDPSession;
  readonly #authenticator: string;

  private constructor(page: Page, context: BrowserContext, devTools: CDPSession, authenticator: string) {
    this.page = page;
    this.#context = context;
    this.#devTools = devTools;
    this.#authenticator = authenticator;
  }

  static async start(context: BrowserContext): Promise<VirtualPhone> {
    const page = await context.newPage();
    const devTools = await context.newCDPSession(page);
    await devTools.send('WebAuthn.enable');
    const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new VirtualPhone(page, context, devTools, authenticatorId);
  }

  /** Whether the finger is the owner's from now on. */
  async verifiesUser(isUserVerified: boolean): Promise<void> {
    await this.#devTools.send('WebAuthn.setUserVerified', { authenticatorId: this.#authenticator, isUserVerified });
  }

  /** Opens the address of a ticket, types the password and lets the phone make its passkey. */
  async register(url: string, password: string): Promise<PhoneAnswer> {
    return (await this.open(url)) ?? this.typePassword(password);
  }

  async typePassword(password: string): Promise<PhoneAnswer> {
    await this.page.fill('#password', password);
    await this.page.click('#password-form button');
    return this.#answer();
  }

  /** Opens the address of a QR code, types the terminal's number and approves. */
  async signIn(url: string, number: string): Promise<PhoneAnswer> {
    return (await this.open(url)) ?? this.typeNumber(number);
  }

  async typeNumber(number: string): Promise<PhoneAnswer> {
    await this.page.fill('#number', number);
    await this.page.click('#number-form button');
    return this.#answer();
  }

  async decline(): Promise<PhoneAnswer> {
    await this.page.click('#decline');
    return this.#answer();
  }

  /** Null where the page wants something of its user; otherwise what it has to say. */
  async open(url: string): Promise<PhoneAnswer | null> {
    await this.page.goto(url);
    const notice = this.page.locator('.notice');
    return (await notice.count()) === 0 ? null : { outcome: 'problem', text: await notice.innerText() };
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async #answer(): Promise<PhoneAnswer> {
    const state = this.page.locator('#state[data-kind=done], #state[data-kind=problem]');
    await state.waitFor();
    return { outcome: (await state.getAttribute('data-kind')) === 'done' ? 'done' : 'problem', text: await state.innerText() };
  }
}
