import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { C14nCanonicalization, ExclusiveCanonicalization } from 'xml-crypto';
import { canonicalize, exclusive, inclusive } from '../../../../src/formats/xades/canonicalization.ts';
import { readXml } from '../../../../src/formats/xml/reader.ts';
import { childElements, type XmlElement } from '../../../../src/formats/xml/tree.ts';
import { describeWith, programPath } from '../../../support/machine.ts';
import { generatedXml } from './generated-xml.ts';

const read = (xml: string): XmlElement => readXml(Buffer.from(xml)).root;

/** The first element of that local name, anywhere. */
function find(element: XmlElement, local: string): XmlElement {
  const pending = [element];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (next.local === local) return next;
    pending.push(...next.children.filter((child) => child.kind === 'element'));
  }
  throw new Error(`no ${local}`);
}

describe('Canonical XML 1.0, the examples of its §3 that need no DTD', () => {
  it('3.1 leaves out comments and the declaration', () => {
    expect(canonicalize(read('<?xml version="1.0"?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n<!-- Comment 2 -->\n'), inclusive)).toBe('<doc>Hello, world!</doc>');
  });

  it('3.2 keeps white space in content', () => {
    const xml = '<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n      <dirty>   A   B   </dirty>\n      C\n   </mixed>\n</doc>';
    expect(canonicalize(read(xml), inclusive)).toBe(xml);
  });

  it('3.3 orders attributes, drops superfluous declarations and writes empty elements in full', () => {
    const xml = `<doc>
   <e1   />
   <e2   ></e2>
   <e3   name = "elem3"   id="elem3"   />
   <e4   name="elem4"   id="elem4"   ></e4>
   <e5 a:attr="out" b:attr="sorted" attr2="all" attr="I'm"
      xmlns:b="http://www.ietf.org"
      xmlns:a="http://www.w3.org"
      xmlns="http://example.org"/>
   <e6 xmlns="" xmlns:a="http://www.w3.org">
      <e7 xmlns="http://www.ietf.org">
         <e8 xmlns="" xmlns:a="http://www.w3.org">
            <e9 xmlns="" xmlns:a="http://www.ietf.org"/>
         </e8>
      </e7>
   </e6>
</doc>`;
    expect(canonicalize(read(xml), inclusive)).toBe(`<doc>
   <e1></e1>
   <e2></e2>
   <e3 id="elem3" name="elem3"></e3>
   <e4 id="elem4" name="elem4"></e4>
   <e5 xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e5>
   <e6 xmlns:a="http://www.w3.org">
      <e7 xmlns="http://www.ietf.org">
         <e8 xmlns="">
            <e9 xmlns:a="http://www.ietf.org"></e9>
         </e8>
      </e7>
   </e6>
</doc>`);
  });

  it('3.4 writes characters and references in one way', () => {
    const xml = `<doc>
   <text>First line&#x0d;&#10;Second line</text>
   <value>&#x32;</value>
   <compute><![CDATA[value>"0" && value<"10" ?"valid":"error"]]></compute>
   <compute expr='value>"0" &amp;&amp; value&lt;"10" ?"valid":"error"'>valid</compute>
   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>
</doc>`;
    expect(canonicalize(read(xml), inclusive)).toBe(`<doc>
   <text>First line&#xD;
Second line</text>
   <value>2</value>
   <compute>value&gt;"0" &amp;&amp; value&lt;"10" ?"valid":"error"</compute>
   <compute expr="value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;">valid</compute>
   <norm attr=" '    &#xD;&#xA;&#x9;   ' "></norm>
</doc>`);
  });

  it('3.6 writes UTF-8', () => {
    expect(Buffer.from(canonicalize(read('<doc>&#169;</doc>'), inclusive)).toString('hex')).toBe(Buffer.from('<doc>').toString('hex') + 'c2a9' + Buffer.from('</doc>').toString('hex'));
  });

  it('2.4 gives the apex of a subset the xml: attributes of its ancestors, the nearest first', () => {
    const xml = '<a xml:lang="ja" xml:space="preserve"><b xml:lang="en"><c n="1"><d/></c></b></a>';
    expect(canonicalize(find(read(xml), 'c'), inclusive)).toBe('<c n="1" xml:lang="en" xml:space="preserve"><d></d></c>');
    expect(canonicalize(find(read(xml), 'c'), exclusive)).toBe('<c n="1"><d></d></c>');
  });
});

describe('Exclusive XML Canonicalization 1.0, §2.2', () => {
  const first = '<n0:local xmlns:n0="foo:bar" xmlns:n3="ftp://example.org"><n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n0:local>';
  const second = '<n2:pdu xmlns:n1="http://example.com" xmlns:n2="http://foo.example" xmlns:n4="http://foo.example" xml:lang="fr" xml:space="retain"><n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n2:pdu>';

  it('shows how inclusive canonicalization depends on the surroundings', () => {
    expect(canonicalize(find(read(first), 'elem2'), inclusive)).toBe('<n1:elem2 xmlns:n0="foo:bar" xmlns:n1="http://example.net" xmlns:n3="ftp://example.org" xml:lang="en"><n3:stuff></n3:stuff></n1:elem2>');
    expect(canonicalize(find(read(second), 'elem2'), inclusive)).toBe('<n1:elem2 xmlns:n1="http://example.net" xmlns:n2="http://foo.example" xmlns:n4="http://foo.example" xml:lang="en" xml:space="retain"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>');
  });

  it('gives the same in both surroundings', () => {
    const expected = '<n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>';
    expect(canonicalize(find(read(first), 'elem2'), exclusive)).toBe(expected);
    expect(canonicalize(find(read(second), 'elem2'), exclusive)).toBe(expected);
  });

  it('treats prefixes of the InclusiveNamespaces list inclusively', () => {
    expect(canonicalize(find(read(first), 'elem2'), { method: 'exclusive', prefixes: ['n0', 'n9'] })).toBe('<n1:elem2 xmlns:n0="foo:bar" xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>');
    expect(canonicalize(find(read('<a xmlns="urn:d" xmlns:p="urn:p"><p:b/></a>'), 'b'), { method: 'exclusive', prefixes: ['#default'] })).toBe('<p:b xmlns="urn:d" xmlns:p="urn:p"></p:b>');
  });
});

it('Attributes are ordered by code point, so that a supplementary character comes after U+FFFD', () => {
  expect(canonicalize(read('<a 𐀀="2" 豈="1"/>'), inclusive)).toBe('<a 豈="1" 𐀀="2"></a>');
});

const methods = [
  { option: '--c14n', canonicalization: inclusive },
  { option: '--exc-c14n', canonicalization: exclusive },
] as const;

/** xmllint keeps comments and we do not: both sides are compared after the comments are gone. */
const withoutComments = (xml: string): string => xml.replace(/<!--.*?-->/gs, '');

describeWith(['xmllint'], 'On generated documents, libxml2 canonicalizes to the same bytes', () => {
  it.each(methods)('$option', ({ option, canonicalization }) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hpki-c14n-'));
    try {
      const documents = fc.sample(generatedXml, { numRuns: 500, seed: 17090 }).map(withoutComments);
      const files = documents.map((xml, index) => {
        const file = path.join(directory, `${index}.xml`);
        writeFileSync(file, xml);
        return file;
      });
      // One process writes all of them, one after the other.
      const output = execFileSync(programPath('xmllint'), [option, ...files], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
      expect(output).toBe(documents.map((xml) => canonicalize(read(xml), canonicalization)).join(''));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describeWith(['xmlsec1'], 'On generated parts of a document, xmlsec1 makes the same digests', () => {
  const lists = ['', 'p', 'p q r xsi', '#default', '#default p outer', 'unbound'] as const;

  it('with every kind of InclusiveNamespaces list', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hpki-prefixes-'));
    try {
      const parts = fc.sample(generatedXml, { numRuns: 240, seed: 17090 }).map(withoutComments);
      const listOf = (index: number): string => lists[index % lists.length] ?? '';
      const references = parts.map((_, index) =>
        `<Reference URI="#w${index}"><Transforms><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="${listOf(index)}"/>` +
        '</Transform></Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>').join('');
      const text =
        `<all xmlns="urn:default" xmlns:r="urn:r" xmlns:outer="urn:outer">${parts.map((part, index) => `<w Id="w${index}">${part}</w>`).join('')}` +
        '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>' +
        `<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>${references}</SignedInfo><SignatureValue/><KeyInfo><KeyValue/></KeyInfo></Signature></all>`;
      const [file, key] = [path.join(directory, 'all.xml'), path.join(directory, 'key.pem')];
      writeFileSync(file, text);
      writeFileSync(key, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
      const signed = execFileSync(programPath('xmlsec1'), ['--sign', '--privkey-pem', key, '--id-attr:Id', 'urn:default:w', file], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
      const digests = [...signed.matchAll(/<DigestValue>([^<]*)</g)].map(([, digest]) => digest);
      const elements = childElements(read(text)).filter(({ local }) => local === 'w');
      expect(digests).toEqual(elements.map((element, index) =>
        hash('sha256', canonicalize(element, { method: 'exclusive', prefixes: listOf(index).split(' ').filter((token) => token !== '') }), 'base64')));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

type CryptoNode = Parameters<C14nCanonicalization['process']>[0];

describe('On generated documents, xml-crypto agrees', () => {
  // What it cannot do is left out: xmldom does not normalise line ends and attribute values as XML says, and xml-crypto writes
  // `xmlns=""` again on every child of an element that has it (libxml2 and the standard write it once).
  const plain = generatedXml
    .map((xml) => withoutComments(xml).replace(/\r\n?/g, '\n').replaceAll('&#13;', '').replaceAll(/[\n\t]/g, ' '))
    .filter((xml) => !xml.includes('xmlns=""'));

  it('about exclusive canonicalization of whole documents', () => {
    fc.assert(
      fc.property(plain, (xml) => {
        const dom = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
        // xml-crypto takes the DOM of xmldom, whose types differ from those of the browser that it names.
        expect(canonicalize(read(xml), exclusive)).toBe(new ExclusiveCanonicalization().process(dom as unknown as CryptoNode, {}));
      }),
      { numRuns: 300 },
    );
  });

  it('about inclusive canonicalization of whole documents', () => {
    fc.assert(
      fc.property(plain, (xml) => {
        const dom = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
        expect(canonicalize(read(xml), inclusive)).toBe(new C14nCanonicalization().process(dom as unknown as CryptoNode, {}));
      }),
      { numRuns: 300 },
    );
  });
});
