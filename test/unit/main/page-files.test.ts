import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerPage, contentSecurityPolicy, isPageOf, pageAddress } from '../../../src/main/page-files.ts';

let root: string;
let pages: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'pages-'));
  pages = path.join(root, 'renderer');
  await mkdir(path.join(pages, 'home'), { recursive: true });
  await writeFile(path.join(pages, 'home', 'index.html'), '<!doctype html>');
  await writeFile(path.join(root, 'secret.html'), 'secret');
  await mkdir(path.join(root, 'renderer-other'));
  await writeFile(path.join(root, 'renderer-other', 'index.html'), 'secret');
});
afterAll(() => rm(root, { recursive: true }));

describe('app:// pages', () => {
  it('come with their type and the policy', async () => {
    const answer = await answerPage(pages, pageAddress('home'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await answer.text()).toBe('<!doctype html>');
  });

  it.each([
    'app://ui/../secret.html',
    'app://ui/%2e%2e/secret.html',
    'app://ui/..%2fsecret.html',
    'app://ui/home/..%2f..%2fsecret.html',
    'app://ui/..%2frenderer-other/index.html',
    'app://ui/home/index.html%00.png',
    'app://ui/%E0%A4%A',
    'app://other/home/index.html',
    'app://ui/home/',
  ])('%s is refused, with the policy too', async (url) => {
    const answer = await answerPage(pages, url);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
  });

  it('never give a file from outside their folder, whatever the path', async () => {
    const piece = fc.constantFrom('..', '.', '%2e%2e', '%2f', '/', '\\', 'home', 'secret.html', 'renderer-other', 'index.html', '%5c', '%00');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const answer = await answerPage(pages, `app://ui/${pieces.join('')}`);
        expect(await answer.text()).not.toBe('secret');
      }),
      { numRuns: 300 },
    );
  });

  it('know their own address and no other', () => {
    expect(isPageOf('home', 'app://ui/home/index.html')).toBe(true);
    expect(isPageOf('home', 'app://ui/home/index.html#settings')).toBe(true);
    for (const url of ['app://ui/signature/index.html', 'app://ui/home/index.html.evil', 'app://ui.evil/home/index.html', 'https://ui/home/index.html', 'app://ui/home/index.html?x']) {
      expect(isPageOf('home', url)).toBe(false);
    }
  });

  it('have a policy without any exception', () => {
    expect(contentSecurityPolicy).toContain("default-src 'none'");
    expect(contentSecurityPolicy).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
  });
});
