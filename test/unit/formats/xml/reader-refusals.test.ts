import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xmlLimits } from '../../../../src/formats/xml/limits.ts';
import { readXml } from '../../../../src/formats/xml/reader.ts';
import { XmlRefusal, type XmlProblem } from '../../../../src/formats/xml/refusal.ts';

function refusal(xml: string | Uint8Array): XmlRefusal {
  try {
    readXml(typeof xml === 'string' ? Buffer.from(xml) : xml);
  } catch (error) {
    if (error instanceof XmlRefusal) return error;
    throw error;
  }
  throw new Error('the XML was read');
}

const billionLaughs = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>';

const refused: readonly (readonly [what: string, xml: string, problem: XmlProblem, offset: number])[] = [
  ['a DOCTYPE', '<!DOCTYPE a><a/>', 'doctype', 0],
  ['a DOCTYPE after the declaration', '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'doctype', 21],
  ['nested entities', billionLaughs, 'doctype', 0],
  ['a DOCTYPE that hides in a comment', '<a><!-- <!DOCTYPE a> --></a>', 'doctype', 8],
  ['an entity declaration outside of a DOCTYPE', '<a><!ENTITY x "y"></a>', 'doctype', 3],
  ['an entity that nobody defined', '<a>12&nbsp;</a>', 'entity', 5],
  ['an entity in an attribute, after a line end', '<a b="\r\n&x;"/>', 'entity', 8],
  ['an entity named as a property of objects', '<a>&constructor;</a>', 'entity', 3],
  ['a bare ampersand', '<a>a & b</a>', 'entity', 5],
  ['a reference to a character that XML does not allow', '<a>&#0;</a>', 'entity', 3],
  ['a reference to a surrogate', '<a>&#xD800;</a>', 'entity', 3],
  ['a reference beyond Unicode', '<a>&#x110000;</a>', 'entity', 3],
  ['a processing instruction', '<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>', 'processing-instruction', 21],
  ['a processing instruction inside', '<a><?x y?></a>', 'processing-instruction', 3],
  ['a processing instruction after the root', '<a/><?x?>', 'processing-instruction', 4],
  ['an XML declaration that is not at the beginning', ' <?xml version="1.0"?><a/>', 'processing-instruction', 1],
  ['a byte order mark', '\ufeff<a/>', 'byte-order-mark', 0],
  ['XML 1.1', '<?xml version="1.1"?><a/>', 'declaration', 0],
  ['another encoding', '<?xml version="1.0" encoding="Shift_JIS"?><a/>', 'declaration', 0],
  ['a control character', '<a>\u0001</a>', 'character-not-allowed', 3],
  ['a noncharacter', '<a>\uffff</a>', 'character-not-allowed', 3],
  ['nothing at all', '', 'not-well-formed', 0],
  ['two roots', '<a/><b/>', 'not-well-formed', 4],
  ['text outside of the root', '<a/>x', 'not-well-formed', 4],
  ['a tag that is never closed', '<a><b></b>', 'not-well-formed', 10],
  ['tags that cross', '<a><b></a></b>', 'not-well-formed', 6],
  ['an end tag alone', '</a>', 'not-well-formed', 0],
  ['an attribute twice', '<a b="1" b="2"/>', 'not-well-formed', 8],
  ['attributes without space between them', '<a b="1"c="2"/>', 'not-well-formed', 8],
  ['an attribute without quotes', '<a b=1/>', 'not-well-formed', 2],
  ['a less-than sign in an attribute', '<a b="<"/>', 'not-well-formed', 2],
  ['the end of a CDATA section in text', '<a>]]></a>', 'not-well-formed', 3],
  ['two hyphens in a comment', '<a><!-- a -- b --></a>', 'not-well-formed', 3],
  ['a comment that never ends', '<a><!-- </a>', 'not-well-formed', 3],
  ['a CDATA section outside of the root', '<![CDATA[x]]><a/>', 'not-well-formed', 0],
  ['a prefix that is not bound', '<p:a/>', 'namespace', 0],
  ['a prefix of an attribute that is not bound', '<a p:b="1"/>', 'namespace', 0],
  ['two prefixes for one attribute name', '<a xmlns:p="urn:x" xmlns:q="urn:x" p:b="1" q:b="2"/>', 'namespace', 0],
  ['a prefix that is taken away', '<a xmlns:p="urn:p"><b xmlns:p=""/></a>', 'namespace', 19],
  ['a relative namespace', '<a xmlns:p="relative"/>', 'namespace', 0],
  ['the xml namespace under another prefix', '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>', 'namespace', 0],
  ['the xml prefix for another namespace', '<a xmlns:xml="urn:x"/>', 'namespace', 0],
  ['the prefix xmlns as a prefix', '<xmlns:a/>', 'namespace', 0],
  ['two colons in a name', '<a:b:c xmlns:a="urn:a"/>', 'not-well-formed', 4],
];

describe('The XML reader refuses', () => {
  it.each(refused)('%s', (_what, xml, problem, offset) => {
    const error = refusal(xml);
    expect([error.problem, error.offset]).toEqual([problem, offset]);
  });

  it('bytes that are not UTF-8, naming the first of them', () => {
    const error = refusal(Buffer.concat([Buffer.from('<a>髙'), Buffer.from([0xc0, 0x80]), Buffer.from('</a>')]));
    expect([error.problem, error.offset]).toEqual(['not-utf8', 6]);
  });

  it('an encoded surrogate, which is no UTF-8', () => {
    expect(refusal(Buffer.concat([Buffer.from('<a>'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('</a>')])).problem).toBe('not-utf8');
  });

  it('UTF-16', () => {
    expect(refusal(Buffer.from('\ufeff<a/>', 'utf16le')).problem).toBe('not-utf8');
  });

  it('counts offsets in bytes, not in characters', () => {
    expect(refusal('<a>髙①&x;</a>').offset).toBe(9);
  });

  it('says why in Japanese and English', () => {
    expect(refusal('<!DOCTYPE a><a/>').reason).toEqual({
      ja: 'DOCTYPEは受け付けません（0バイト目）。',
      en: 'A DOCTYPE is not accepted (at byte 0).',
    });
  });

  it('ten thousand elements inside each other, without recursion', () => {
    const error = refusal('<a>'.repeat(10_000) + '</a>'.repeat(10_000));
    expect([error.problem, error.offset]).toEqual(['too-deep', xmlLimits.depth * 3]);
  });

  it('more nodes than the cap, and reads as many as the cap', () => {
    expect(refusal(`<a>${'<b/>'.repeat(xmlLimits.nodes + 1)}</a>`).problem).toBe('too-many-nodes');
    expect(readXml(Buffer.from(`<a>${'<b/>'.repeat(xmlLimits.nodes)}</a>`)).root.children).toHaveLength(xmlLimits.nodes);
  });

  it('more attributes than the cap', () => {
    const attributes = Array.from({ length: xmlLimits.attributes + 1 }, (_, index) => ` a${index}="1"`).join('');
    expect(refusal(`<a${attributes}/>`).problem).toBe('too-many-attributes');
  });

  it('more namespaces in scope than the cap, however they are spread', () => {
    const declare = (from: number): string => Array.from({ length: 40 }, (_, index) => ` xmlns:n${from + index}="urn:x"`).join('');
    expect(refusal(`<a${declare(0)}><b${declare(40)}/></a>`).problem).toBe('too-many-namespaces');
  });

  it('a file above the size cap before it looks inside', () => {
    expect(refusal(new Uint8Array(xmlLimits.size + 1)).problem).toBe('too-large');
  });

  it('hostile files of full size in time that grows with the size only', () => {
    const length = 4 * 1024 * 1024;
    const files = [
      `<a ${'a'.repeat(length)}`, `<a ${' '.repeat(length)}x`, `<a b${' '.repeat(length)}x`, `<a b="${'x'.repeat(length)}`,
      `<?xml${' '.repeat(length)}?><a/>`, `<a>${']]'.repeat(length / 2)}`, `<${'あ'.repeat(length / 3)}`,
    ];
    for (const file of files) expect(['not-well-formed', 'declaration']).toContain(refusal(file).problem);
  });
});

describe('Whatever bytes come, the XML reader', () => {
  const pieces = fc.constantFrom(
    '<', '>', '/', '</', '/>', '<a', '<a>', '</a>', ' ', '=', '"', "'", 'b="1"', ' b=\'2\'', '&', '&amp;', '&#10;', '<!--', '-->', '<![CDATA[', ']]>',
    '<?', '?>', '<?xml version="1.0"?>', ':', 'p:a', ' xmlns="urn:x"', ' xmlns:p="urn:p"', '髙', '😀', '\r\n', '\u0000', 'x',
  );

  it('reads them or refuses them with a reason, and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))), fc.uint8Array({ maxLength: 60 })), (bytes) => {
        try {
          expect(readXml(bytes).root.kind).toBe('element');
        } catch (error) {
          if (!(error instanceof XmlRefusal)) throw error;
          expect(error.offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
