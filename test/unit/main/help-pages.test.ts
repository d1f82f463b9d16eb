import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameOf, readManual } from '../../../scripts/help-pages.ts';
import { common } from '../../../src/contract/ipc/every-window.ts';
import { helpAddress, isHelpPage, readManualLinks, type HelpTopic } from '../../../src/main/help-pages.ts';
import { isPageOf } from '../../../src/main/page-files.ts';

const userDocs = path.join(import.meta.dirname, '../../../docs/user');
const topics = (['manual', 'pairing', 'remote', 'locked-card', 'browser-denied', 'security'] as const satisfies readonly HelpTopic[]).filter(
  (topic) => common.invoke['help.open'].request.safeParse({ topic }).success,
);

describe('the manual in the program', () => {
  it('has a page for every topic that a window can ask for, in both languages', () => {
    const { pages } = readManual(userDocs);
    const there = pages.map(({ fileName }) => `app://ui/${fileName}`);
    expect(topics).toHaveLength(6);
    for (const topic of topics) for (const language of ['ja', 'en'] as const) expect(there).toContain(helpAddress(topic, language));
  });

  it('has titles and no script of its own', () => {
    for (const { title, body } of readManual(userDocs).pages) {
      expect(title).not.toBe('');
      expect(body).not.toMatch(/<script|\son\w+=|javascript:|style=/i);
    }
  });

  it('is known by its addresses, and by nothing else', () => {
    for (const topic of topics) expect(isHelpPage(helpAddress(topic, 'ja'))).toBe(true);
    expect(isHelpPage('app://ui/help/locked-card.ja.html#残り回数')).toBe(true);
    for (const url of [
      'app://ui/home/index.html', 'app://ui/help/../home/index.html', 'app://ui/help/x.ja.html?y', 'app://ui.evil/help/manual.ja.html',
      'https://ui/help/manual.ja.html', 'app://ui/help/a/b.ja.html', 'app://ui/help/manual.ja.html\nx',
    ]) {
      expect(isHelpPage(url), url).toBe(false);
    }
    // Not one of the windows that may speak to main.
    for (const window of ['signature', 'pairing', 'home'] as const) expect(isPageOf(window, helpAddress('manual', 'ja'))).toBe(false);
  });
});

describe('a page of the manual', () => {
  let folder: string;
  beforeAll(async () => {
    folder = path.join(await mkdtemp(path.join(tmpdir(), 'manual-')), 'docs', 'user');
    await mkdir(folder, { recursive: true });
    await mkdir(path.join(folder, '../images'));
    await mkdir(path.join(folder, '../admin'));
    await writeFile(path.join(folder, '../admin/README.md'), '# 管理者');
    await writeFile(path.join(folder, '../images/pin.png'), 'png');
    await writeFile(path.join(folder, 'README.md'), '# 表題 <b>\n\n[次](other.md#節) [管理](../admin/README.md) [外](https://example.jp/a?b=1&c)\n\n![画面](../images/pin.png)\n\n<script>alert(1)</script>\n');
    await writeFile(path.join(folder, 'other.md'), '# ほか\n\n## 節\n\n| a | b |\n|---|---|\n| 1 | 2 |\n');
    await writeFile(path.join(folder, 'other.en.md'), '# Other\n');
  });
  afterAll(() => rm(path.join(folder, '../..'), { recursive: true }));

  const page = (fileName: string) => {
    const found = readManual(folder).pages.find((one) => one.fileName === fileName);
    if (found === undefined) throw new Error(`${fileName} is not made`);
    return found;
  };

  it('links to its neighbours in its own language, names documents that are not in the program, and shows its pictures', () => {
    const { body } = page('help/manual.ja.html');
    expect(body).toContain('<a href="other.ja.html#節">次</a>');
    expect(body).toContain('管理（docs/admin/README.md）');
    expect(body).toContain('<img src="images/pin.png" alt="画面">');
    expect([...readManual(folder).pictures.keys()]).toEqual(['help/images/pin.png']);
    expect(page('help/manual.en.html').body).toContain('href="other.en.html#節"');
  });

  it('lets no HTML through, and lists the addresses that may be opened', () => {
    const { body } = page('help/manual.ja.html');
    expect(body).not.toContain('<script>');
    expect(readManual(folder).links).toEqual(['https://example.jp/a?b=1&c']);
  });

  it('is Japanese, and says so, where there is no translation', () => {
    expect(page('help/manual.en.html').body).toMatch(/^<div lang="ja">/);
    expect(page('help/other.en.html').title).toBe('Other');
  });

  it('stands whole in the frame that was built', () => {
    const frame = '<html lang="ja"><title>x</title><nav><!--contents--></nav><main><!--page--></main>';
    const whole = frameOf(frame, { fileName: 'help/x.en.html', language: 'en', title: '$& <t>', body: '$1 body' });
    expect(whole).toBe('<html lang="en"><title>$&amp; &lt;t&gt; – HPKI Signing Agent</title><nav><a href="manual.en.html">Contents</a></nav><main>$1 body</main>');
  });

  it('is not built with a link or a picture that leads nowhere', async () => {
    for (const text of ['[x](missing.md)', '![x](missing.png)', '[x](javascript:alert(1))']) {
      await writeFile(path.join(folder, 'broken.md'), `# x\n\n${text}\n`);
      expect(() => readManual(folder), text).toThrow('not there');
    }
    await rm(path.join(folder, 'broken.md'));
  });

  it('takes nothing but https from the list of links', async () => {
    const built = path.join(folder, '../built');
    await mkdir(path.join(built, 'help'), { recursive: true });
    await writeFile(path.join(built, 'help/links.json'), '["https://example.jp/"]');
    expect([...(await readManualLinks(built))]).toEqual(['https://example.jp/']);
    await writeFile(path.join(built, 'help/links.json'), '["file:///etc/passwd"]');
    await expect(readManualLinks(built)).rejects.toThrow();
  });
});
