import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalize, inclusive } from '../../../../src/formats/xades/canonicalization.ts';
import { readXml } from '../../../../src/formats/xml/reader.ts';
import { XmlRefusal } from '../../../../src/formats/xml/refusal.ts';
import type { XmlElement } from '../../../../src/formats/xml/tree.ts';
import { describeWith, programPath } from '../../../support/machine.ts';

/** Snippets that together come out well-formed often enough, and strange often enough. */
const snippet = fc.constantFrom(
  '<a>', '</a>', '<b/>', '<p:c xmlns:p="urn:p">', '</p:c>', '<p:d/>', '<a b="1">', "<a c='2' b=\"x'y\">", '<a b="1" b="2">', '<a  xmlns="urn:d">',
  '<a xmlns="">', '<a b = "1"\n\tc="2" >', '</a\n>', '</ a>', '< a>', '<a b=">">', '<a b="<">', '<a b="&lt;&#10;">', '&amp;', '&#x20AC;', '&#xD;', '&#0;', '&x;',
  'text', '\r\n', '\r', ']]>', '<![CDATA[<&]]>', '<![CDATA[]]]]>', '<!---->', '<!-- a - b -->', '<!-- -- -->', '髙', '😀', '>', '"', '<é/>', '<-a/>', '<a:b:c/>', '<xml:a/>',
);
const document = fc.array(snippet, { maxLength: 12 }).map((parts) => `<a>${parts.join('')}</a>`);

function read(xml: string): XmlElement | null {
  try {
    return readXml(Buffer.from(xml)).root;
  } catch (error) {
    if (error instanceof XmlRefusal) return null;
    throw error;
  }
}

describeWith(['xmllint'], 'Whatever the reader accepts', () => {
  it('libxml2 accepts too, and sees the same', () => {
    const accepted = fc.sample(document, { numRuns: 4000, seed: 12 }).flatMap((xml) => {
      const root = read(xml);
      return root === null ? [] : [{ xml: xml.replace(/<!--.*?-->/gs, ''), canonical: canonicalize(root, inclusive) }];
    });
    expect(accepted.length).toBeGreaterThan(100);
    const directory = mkdtempSync(path.join(tmpdir(), 'hpki-xml-'));
    try {
      const files = accepted.map(({ xml }, index) => {
        const file = path.join(directory, `${index}.xml`);
        writeFileSync(file, xml);
        return file;
      });
      // One process for all: each document's canonical form follows the other, with a line end of its own.
      const { status, stdout, stderr } = spawnSync(programPath('xmllint'), ['--nonet', '--c14n', ...files], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout.replaceAll('\n', '')).toBe(accepted.map(({ canonical }) => canonical.replaceAll('\n', '')).join(''));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
