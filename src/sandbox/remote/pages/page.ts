import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { Html, html } from './html.ts';

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** File of this folder that the page runs. */
  readonly script?: ScriptName;
}

export type ScriptName = 'register.js' | 'sign-in.js' | 'login.js';

/** Nothing from elsewhere, no inline script, no frame around it. */
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function answerPage(exchange: Exchange, { title, main, script }: Page, status = 200): void {
  // No tagged template: bundlers rewrite those that close a script element, with helpers that are not here.
  const scripts = script === undefined ? null : new Html(`<script src="/assets/simplewebauthn.js" defer></script><script src="/assets/${script}" type="module"></script>`);
  const { text } = html`<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="stylesheet" href="/assets/pages.css">
${scripts}
</head>
<body>
<header><p>HPKIリモート署名<span>試験用 sandbox</span></p></header>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
  exchange.answerText(status, 'text/html; charset=utf-8', text, { 'Content-Security-Policy': contentSecurityPolicy, 'X-Content-Type-Options': 'nosniff' });
}

/** A page that only says something. */
export function answerNotice(exchange: Exchange, title: string, text: string, status = 200): void {
  answerPage(exchange, { title, main: html`<p class="notice" role="status">${text}</p>` }, status);
}

const assets: Readonly<Record<string, string>> = {
  'pages.css': 'text/css; charset=utf-8',
  'page-parts.js': 'text/javascript; charset=utf-8',
  'register.js': 'text/javascript; charset=utf-8',
  'sign-in.js': 'text/javascript; charset=utf-8',
  'login.js': 'text/javascript; charset=utf-8',
};

const webAuthnBundle = createRequire(import.meta.url)
  .resolve('@simplewebauthn/browser')
  .replace(/script[/\\]index\.js$|esm[/\\]index\.js$/, 'dist/bundle/index.umd.min.js');

export const assetRoutes: readonly Route[] = [
  {
    name: 'page.asset',
    method: 'GET',
    path: '/assets/simplewebauthn.js',
    serve: async (exchange) => exchange.answerText(200, 'text/javascript; charset=utf-8', await readFile(webAuthnBundle)),
  },
  {
    name: 'page.asset',
    method: 'GET',
    path: '/assets/:file',
    async serve(exchange) {
      const file = exchange.parameter('file');
      const type = assets[file];
      if (type === undefined) exchange.answerJson(404, { error: 'not_found' });
      else exchange.answerText(200, type, await readFile(new URL(file, import.meta.url)));
    },
  },
];
