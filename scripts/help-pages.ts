/**
 * The user's manual inside the app: a Vite plugin that turns docs/user/*.md into static pages beside the windows' own,
 * with the built help/index.html as their frame. No script, no style of their own: the pages' policy holds for them too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Marked, type Tokens } from 'marked';
import type { Plugin } from 'vite';

export type HelpLanguage = 'ja' | 'en';

export interface HelpPage {
  /** `help/locked-card.ja.html`; the manual's first page is `help/manual.ja.html`. */
  readonly fileName: string;
  readonly language: HelpLanguage;
  readonly title: string;
  readonly body: string;
}

export interface Manual {
  readonly pages: readonly HelpPage[];
  /** Pictures to lie beside the pages, by their name there. */
  readonly pictures: ReadonlyMap<string, string>;
  /** Every address outside that a page links to: the only ones that the app will ever open. */
  readonly links: readonly string[];
}

/** Reads the manual. A page without a translation shows the Japanese one. Throws where a link or picture leads nowhere. */
export function readManual(folder: string): Manual {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md') && !name.endsWith('.en.md')).sort();
  const pictures = new Map<string, string>();
  const links = new Set<string>();
  const pages = names.flatMap((name) =>
    (['ja', 'en'] as const).map((language): HelpPage => {
      const translated = path.join(folder, name.replace(/\.md$/, '.en.md'));
      const isTranslated = language === 'en' && existsSync(translated);
      const source = readFileSync(isTranslated ? translated : path.join(folder, name), 'utf8');
      const body = render(source, { folder, language, pictures, links });
      const title = /^#\s+(.+)$/m.exec(source)?.[1] ?? name;
      return { fileName: pageName(name, language), language, title, body: isTranslated || language === 'ja' ? body : `<div lang="ja">${body}</div>` };
    }),
  );
  return { pages, pictures, links: [...links].sort() };
}

function pageName(markdown: string, language: HelpLanguage): string {
  const base = path.basename(markdown, '.md').replace(/\.en$/, '');
  return `help/${base === 'README' ? 'manual' : base}.${language}.html`;
}

interface Rendering {
  readonly folder: string;
  readonly language: HelpLanguage;
  readonly pictures: Map<string, string>;
  readonly links: Set<string>;
}

function render(source: string, { folder, language, pictures, links }: Rendering): string {
  const marked = new Marked({
    renderer: {
      // Markdown lets HTML through; the manual needs none, and what is not there cannot be abused.
      html: ({ text }: Tokens.HTML | Tokens.Tag) => escaped(text),
      image({ href, text }: Tokens.Image) {
        const file = path.resolve(folder, href);
        if (!existsSync(file)) throw new Error(`the manual shows ${href}, which is not there`);
        const name = `help/images/${path.basename(file)}`;
        pictures.set(name, file);
        return `<img src="images/${path.basename(file)}" alt="${escaped(text)}">`;
      },
      link({ href, tokens }: Tokens.Link) {
        const label = this.parser.parseInline(tokens);
        if (href.startsWith('https://')) {
          links.add(new URL(href).href);
          return `<a href="${escaped(new URL(href).href)}">${label}</a>`;
        }
        const [file = '', fragment] = href.split('#');
        if (file === '') return `<a href="#${escaped(fragment ?? '')}">${label}</a>`;
        const target = path.resolve(folder, file);
        if (!existsSync(target)) throw new Error(`the manual links to ${href}, which is not there`);
        // Documents for administrators and engineers are not in the app: their place is named.
        if (path.dirname(target) !== folder) return `${label}（${escaped(path.relative(path.join(folder, '../..'), target))}）`;
        const anchor = fragment === undefined ? '' : `#${escaped(fragment)}`;
        return `<a href="${path.basename(pageName(file, language))}${anchor}">${label}</a>`;
      },
      heading({ tokens, depth, text }: Tokens.Heading) {
        return `<h${depth} id="${escaped(slug(text))}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      table(token: Tokens.Table) {
        // The corner above row names heads nothing.
        const cell = ({ text, tokens }: Tokens.TableCell, tag: 'td' | 'th'): string =>
          tag === 'th' && text !== '' ? `<th scope="col">${this.parser.parseInline(tokens)}</th>` : `<td>${this.parser.parseInline(tokens)}</td>`;
        const row = (cells: Tokens.TableCell[], tag: 'td' | 'th'): string => `<tr>${cells.map((one) => cell(one, tag)).join('')}</tr>`;
        const body = token.rows.map((cells) => row(cells, 'td')).join('');
        return `<div class="table-frame" tabindex="0"><table class="table"><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  return marked.parse(source, { async: false });
}

/** As GitHub makes the anchors of headings. */
function slug(text: string): string {
  return text.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const labels = {
  ja: { contents: '目次', product: 'HPKI署名エージェント' },
  en: { contents: 'Contents', product: 'HPKI Signing Agent' },
} as const;

/** Puts a page into the frame that Vite has built: a whole document with the hashed style sheet. */
export function frameOf(frame: string, { language, title, body }: HelpPage): string {
  const { contents, product } = labels[language];
  return frame
    .replace('<html lang="ja">', `<html lang="${language}">`)
    .replace(/<title>.*<\/title>/, () => `<title>${escaped(title)} – ${product}</title>`)
    .replace('<!--contents-->', () => `<a href="manual.${language}.html">${contents}</a>`)
    .replace('<!--page-->', () => body);
}

export function helpPages(folder: string): Plugin {
  return {
    name: 'help-pages',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const built = bundle['help/index.html'];
      if (built?.type !== 'asset') throw new Error('help/index.html was not built');
      const frame = typeof built.source === 'string' ? built.source : Buffer.from(built.source).toString('utf8');
      const { pages, pictures, links } = readManual(folder);
      for (const page of pages) this.emitFile({ type: 'asset', fileName: page.fileName, source: frameOf(frame, page) });
      for (const [fileName, file] of pictures) this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
      this.emitFile({ type: 'asset', fileName: 'help/links.json', source: JSON.stringify(links) });
      delete bundle['help/index.html'];
    },
  };
}
