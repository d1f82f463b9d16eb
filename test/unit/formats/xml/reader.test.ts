import { describe, expect, it } from 'vitest';
import { readXml } from '../../../../src/formats/xml/reader.ts';
import { attributeValue, childElements, lookUpNamespace, textOnly } from '../../../../src/formats/xml/tree.ts';

const read = (xml: string) => readXml(Buffer.from(xml)).root;

describe('The XML reader', () => {
  it('takes the five predefined entities and character references for the characters they stand for', () => {
    expect(textOnly(read('<a>&lt;&gt;&amp;&quot;&apos;&#x9AD9;&#13;&#128512;</a>'))).toBe('<>&"\'髙\r😀');
  });

  it('normalises line ends of text, and keeps a carriage return that was written as a reference', () => {
    expect(textOnly(read('<a>1\r\n2\r3\n4&#xD;\n</a>'))).toBe('1\n2\n3\n4\r\n');
  });

  it('turns white space in an attribute into spaces, and keeps what was written as a reference', () => {
    expect(attributeValue(read('<a b="1\t2\r\n3\n4&#9;&#10;"/>'), 'b')).toBe('1 2 3 4\t\n');
  });

  it('reads a CDATA section as the text that it is', () => {
    expect(textOnly(read('<a>x<![CDATA[<&]]>y</a>'))).toBe('x<&y');
  });

  it('keeps comments, so that whoever minds can see them', () => {
    expect(read('<a><!-- c --></a>').children).toEqual([{ kind: 'comment', value: ' c ' }]);
  });

  it('resolves prefixes of elements and attributes, the default namespace for elements only', () => {
    const root = read('<a xmlns="urn:d" xmlns:p="urn:p" b="1" p:b="2"><p:c xmlns=""><e/></p:c></a>');
    expect(root.uri).toBe('urn:d');
    expect(root.attributes.map(({ local, uri }) => `${uri}|${local}`)).toEqual(['|b', 'urn:p|b']);
    const [inner] = childElements(root);
    expect(inner?.uri).toBe('urn:p');
    const [undeclared] = inner === undefined ? [] : childElements(inner);
    expect(undeclared?.uri).toBe('');
    expect(lookUpNamespace(undeclared?.scope ?? null, 'p')).toBe('urn:p');
  });

  it('accepts names beyond ASCII', () => {
    expect(read('<処方 薬="1"/>').local).toBe('処方');
  });

  it('accepts an XML declaration in either quotes, and white space and comments around the root', () => {
    expect(read("<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<!-- a -->\n<a/>\n<!-- b -->\n").name).toBe('a');
  });

  it('tells where content begins and ends, so that it can be carried as it stands', () => {
    const { source, root } = readXml(Buffer.from('<a><b x="1">text<c/></b  ></a>'));
    const [b] = childElements(root);
    expect(source.slice(b?.contentStart, b?.contentEnd)).toBe('text<c/>');
  });
});
