/**
 * What a person must do before something is signed, tried in Chromium on the built page. Prompt fatigue and keys meant
 * for another program have approved things in other products as the window opened.
 */
import { expect, it } from 'vitest';
import type { SignatureView } from '../../../src/contract/ipc/signature.ts';
import { describeWindows } from './support/describe-windows.ts';
import { batch } from './support/sample-documents.ts';
import { card, otherCard, pinStep, signature, signatureScenes } from './support/sample-signature.ts';
import { waitUntilArmed } from './support/scenes.ts';
import type { WindowOptions, WindowUnderTest } from './support/window-under-test.ts';

describeWindows('the signature window', (open) => {
  let window: WindowUnderTest;

  async function show(view: SignatureView | null, options: WindowOptions = {}): Promise<void> {
    window = await open('signature', { ...options, answers: { 'signature.ready': view } });
  }

  const asked = async (channel: string): Promise<unknown[]> => (await window.asked()).filter((one) => one.channel === channel).map((one) => one.request);
  const button = (name: string) => window.page.getByRole('button', { name, exact: true });
  const focused = (): Promise<string> => window.page.evaluate(() => document.activeElement?.textContent ?? '');

  it('says that a new dialog is painted, once for each', async () => {
    await show(null);
    await window.push('view', signature(pinStep()));
    await expect.poll(() => asked('signature.painted')).toEqual([{ dialog: 'dialog-1' }]);
    await window.push('view', signature(pinStep(), { waiting: ['みほんレセコン'] }));
    await window.push('view', signature(pinStep(), { dialog: 'dialog-2' }));
    await expect.poll(() => asked('signature.painted')).toEqual([{ dialog: 'dialog-1' }, { dialog: 'dialog-2' }]);
  });

  it('takes no key in the first 500 ms, and says that what was typed is incomplete', async () => {
    await show(null);
    const times = window.page.evaluate(
      () =>
        new Promise<{ painted: number; armed: number }>((resolve) => {
          let painted = 0;
          const watch = (): void => {
            const field = document.querySelector<HTMLInputElement>('#pin');
            if (field !== null && painted === 0) {
              painted = performance.now();
              // As a key that was on its way to another program when the window came.
              for (const key of ['1', '2', 'Enter']) field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
            }
            if (field?.readOnly === false) resolve({ painted, armed: performance.now() });
            else requestAnimationFrame(watch);
          };
          watch();
        }),
    );
    await window.push('view', signature(pinStep()));
    const { painted, armed } = await times;
    expect(armed - painted).toBeGreaterThanOrEqual(500);
    expect(await window.page.locator('#pin').inputValue()).toBe('');
    expect(await window.page.getByRole('alert').textContent()).toContain('PINを最初から');
    expect(await window.pins()).toEqual([]);
  });

  it('approves nothing by Enter as it opens: not a card, not a binding, not a last try', async () => {
    await show(null);
    await window.page.evaluate(() => {
      addEventListener('keydown', () => void (document.body.dataset['key'] = String(performance.now())), true);
    });
    const answers = async (): Promise<readonly string[]> => (await window.asked()).map(({ channel }) => channel).filter((channel) => !['signature.ready', 'signature.painted'].includes(channel));
    for (const view of [signatureScenes['choose-card'], signatureScenes['first-binding'], signatureScenes['last-tries'], signatureScenes['pin-one']]) {
      // On a busy machine the key may come when half a second is over: then it says nothing, and comes again.
      for (let isEarly = false, tries = 0; !isEarly; tries += 1) {
        expect(tries, 'keys that came too late').toBeLessThan(20);
        const before = (await answers()).length;
        await window.push('view', null);
        const shown = await window.page.evaluate(() => performance.now());
        await window.push('view', view);
        await window.page.locator('h1').waitFor();
        await window.page.keyboard.press('Enter');
        isEarly = Number(await window.page.evaluate(() => document.body.dataset['key'])) < shown + 500;
        if (isEarly) expect((await answers()).slice(before)).toEqual([]);
      }
    }
  });

  it('has Cancel as the default: it holds the focus, Enter takes it, and only for its own dialog', async () => {
    await show(signatureScenes['first-binding']);
    await waitUntilArmed(window);
    expect(await focused()).toContain('キャンセル');
    await window.page.keyboard.press('Enter');
    expect(await asked('signature.cancel')).toEqual([{ dialog: 'dialog-1' }]);
    expect(await asked('signature.confirmBinding')).toEqual([]);
  });

  it('cancels by Escape at every step but while the card signs', async () => {
    await show(null);
    const heading = (): Promise<string> => window.page.locator('h1').allTextContents().then((texts) => texts.join());
    for (const view of [signatureScenes['insert-card'], signatureScenes['choose-card'], signatureScenes['pin-one'], signatureScenes['last-tries'], signatureScenes.signing]) {
      const before = await heading();
      await window.push('view', { ...view, dialog: view.step.step + ('consentNeeded' in view.step ? String(view.step.consentNeeded) : '') });
      await expect.poll(heading).not.toBe(before);
      await window.page.keyboard.press('Escape');
    }
    expect(await asked('signature.cancel')).toEqual([{ dialog: 'insert_card' }, { dialog: 'choose_card' }, { dialog: 'pinfalse' }, { dialog: 'pintrue' }]);
  });

  it('closes an ended dialog by Escape and by its button, without cancelling anything', async () => {
    await show(signatureScenes['ended-removed']);
    await button('閉じる').click();
    await window.page.keyboard.press('Escape');
    expect(await asked('signature.close')).toEqual([{ dialog: 'dialog-1' }, { dialog: 'dialog-1' }]);
    expect(await asked('signature.cancel')).toEqual([]);
  });

  it('says why it ended and what to do', async () => {
    await show(signatureScenes['ended-removed']);
    const text = await window.page.locator('main').textContent();
    expect(text).toContain('カードが抜かれました');
    expect(text).toContain('CARD_REMOVED');
  });

  it('chooses a card by its certificate', async () => {
    await show(signature({ step: 'choose_card', cards: [card, otherCard] }));
    await waitUntilArmed(window);
    await button('このカードを使う').nth(1).click();
    expect(await asked('signature.chooseCard')).toEqual([{ dialog: 'dialog-1', certificateSha256: otherCard.certificateSha256 }]);
  });

  it('confirms a binding with the three names in view', async () => {
    await show(signature({ step: 'confirm_binding', personInDocument: '医者　サブロウ', card: { ...card, name: '医者　三朗' }, differences: ['staff_certificate', 'document_certificate'] }));
    await waitUntilArmed(window);
    // It warns, and says of which names; whether it is one person is for a person to say.
    expect(await window.page.locator('.banner li').allTextContents()).toEqual(['EHRの職員と、カードの証明書', '文書の署名者と、カードの証明書']);
    expect(await window.page.locator('.names dd').allTextContents()).toEqual(['医者　三郎', '医者　サブロウ', '医者　三朗']);
    await button('同じ人です').click();
    expect(await asked('signature.confirmBinding')).toEqual([{ dialog: 'dialog-1' }]);
  });

  it('warns of nothing where the three names agree', async () => {
    await show(signatureScenes['first-binding']);
    await waitUntilArmed(window);
    expect(await window.page.locator('.banner').count()).toBe(0);
  });

  it('shows the full origin of a web caller and the program of a native one', async () => {
    await show(signatureScenes['pin-one']);
    await window.page.getByText('https://karte.clinic.example.co.jp:8443', { exact: true }).waitFor();
    await window.push('view', { ...signatureScenes['pin-batch'], dialog: 'dialog-2' });
    await window.page.getByText('C:\\Program Files\\Mihon Medical Systems\\Receipt Computer 5\\bin\\mihon-rececom-x64.exe', { exact: true }).waitFor();
  });

  it('shows every row of every document, and marks 麻薬 and 変更不可 by words', async () => {
    const documents = batch(3);
    await show(signature(pinStep({ signatures: 3 }), { documents }));
    await button('すべて開く').click();
    const shown = await window.page.locator('.row dd').allInnerTexts();
    const values = documents.flatMap((document) => document.sections.flatMap((section) => section.rows));
    expect(shown).toHaveLength(values.length);
    for (const [index, row] of values.entries()) {
      expect(shown[index]).toContain(row.value.trim());
      if (row.marks.includes('narcotic')) expect(shown[index]).toContain('麻薬');
      if (row.marks.includes('no_substitution')) expect(shown[index]).toContain('変更不可');
    }
  });

  it('breaks no drug’s code from its kind, in either language, and says that a document is Japanese', async () => {
    for (const language of ['ja', 'en'] as const) {
      await show(signatureScenes['pin-one'], { language });
      const code = window.page.locator('.row__part', { hasText: '2329023F9990' }).first();
      for (const width of [720, 704, 640, 560, 480]) {
        await window.appear({ language, size: { width, height: 700 } });
        const shown = await code.evaluate((part) => {
          const range = document.createRange();
          range.selectNodeContents(part);
          return { text: part.textContent, lines: new Set([...range.getClientRects()].map(({ top }) => top)).size, language: part.closest('[lang]')?.getAttribute('lang') };
        });
        expect(shown, `${language} ${width}`).toEqual({ text: 'YJ 2329023F9990', lines: 1, language: 'ja' });
      }
    }
  });

  it('has every name that is written in Japanese read as Japanese, and no other', async () => {
    await show(signatureScenes['first-binding-other-name'], { language: 'en' });
    const languageOf = (text: string): Promise<(string | null | undefined)[]> =>
      window.page.getByText(text, { exact: true }).evaluateAll((found) => found.map((element) => element.closest('[lang]')?.getAttribute('lang')));
    for (const name of ['医者\u3000三郎', '医者\u3000サブロウ', '別人\u3000次郎', '見本電子カルテ']) expect(new Set(await languageOf(name)), name).toEqual(new Set(['ja']));
    await window.push('view', signature(pinStep({ card: { ...card, name: 'TEST ISHA SABURO' } })));
    await window.page.locator('#pin').waitFor();
    expect(await languageOf('TEST ISHA SABURO')).toEqual(['en']);
    const signer = window.page.locator('.document-head__line', { hasText: 'Doctor: ' });
    expect(await signer.locator('[lang="ja"]').first().textContent()).toBe('医者\u3000三郎');
  });

  it('opens each document of a batch by keyboard alone', async () => {
    await show(signature(pinStep({ signatures: 2 }), { documents: batch(2) }));
    await waitUntilArmed(window);
    await window.page.locator('summary').first().focus();
    await window.page.keyboard.press('Enter');
    expect(await window.page.locator('details').first().getAttribute('open')).not.toBeNull();
    expect(await asked('signature.cancel')).toEqual([]);
  });

  it('says that there is more below until the end has been seen', async () => {
    await show(signatureScenes['pin-one']);
    const more = window.page.getByText('続きがあります');
    await more.waitFor();
    await window.page.evaluate(() => {
      globalThis.window.scrollTo(0, document.body.scrollHeight);
    });
    await more.waitFor({ state: 'detached' });
  });

  it('says so in a low window too, until the buttons have been seen', async () => {
    await show(signatureScenes['insert-card']);
    await window.appear({ size: { width: 683, height: 200 } });
    const more = window.page.getByText('続きがあります');
    await more.waitFor();
    // All that is said can be seen now, and nothing of what can be done.
    await window.page.evaluate(async () => {
      const end = document.querySelector('.window__end')?.getBoundingClientRect().bottom ?? 0;
      globalThis.window.scrollTo({ top: globalThis.window.scrollY + end - globalThis.window.innerHeight + 1, behavior: 'instant' });
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    });
    expect(await more.isVisible()).toBe(true);
    await window.page.evaluate(() => {
      globalThis.window.scrollTo(0, document.body.scrollHeight);
    });
    await more.waitFor({ state: 'detached' });
  });

  it('forgets what it showed when nothing is asked any more', async () => {
    await show(signatureScenes['pin-one']);
    await window.page.getByText('髙橋').first().waitFor();
    await window.push('view', null);
    await expect.poll(() => window.page.locator('body').innerText()).not.toContain('髙橋');
  });

  it('changes its language in place', async () => {
    await show(signatureScenes['insert-card']);
    await window.appear({ language: 'en' });
    expect(await window.page.getByRole('heading', { level: 1 }).textContent()).toBe('Insert the HPKI card');
    expect(await window.page.title()).toBe('Confirm signature');
  });
});
