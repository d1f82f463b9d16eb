/**
 * A CSV is read by its bytes, and most values are never made into strings. Here the same is read by text, every value
 * looked at, and nothing may differ: no record, no value, no finding.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginsVisibly, isDecimal, plainNumber } from '../../../../src/formats/prescription/csv-fields.ts';
import { readLines } from '../../../../src/formats/prescription/csv-lines.ts';
import { readRecords } from '../../../../src/formats/prescription/csv-records.ts';
import { dispensingRecords } from '../../../../src/formats/prescription/dispensing-records.ts';
import { hasUnseenCharacters } from '../../../../src/formats/prescription/display-safety.ts';
import { isExtraordinary, isExtraordinaryOfThree } from '../../../../src/formats/prescription/ordinary-characters.ts';
import { prescriptionRecords } from '../../../../src/formats/prescription/prescription-records.ts';
import { indexRecords } from '../../../../src/formats/prescription/record-index.ts';
import type { RecordTable } from '../../../../src/formats/prescription/record-spec.ts';
import { TextIds } from '../../../../src/formats/prescription/text-ids.ts';
import { arbitraryPrescription } from './arbitrary-prescription.ts';
import { bytesOf, plainDispensing } from './csv-text.ts';
import { linesOf, readByText } from './reading-by-text.ts';

/** Put into a CSV anywhere, this decides how a line is split or a value is judged. */
const decisive = fc.constantFrom(
  ',', ',,', '\n', '\r\n', '\r', '\n\n', '', ' ', '\u3000', '\u00a0', '\ufeff', '\u2003', '\u1680', '\u2028', '\t', '"', '\u007f',
  '0', '7', '81', '0101', '201', '.', '1.', '.5', '1.5', '1.5.', '３', '9999', '10000', '20260431', '20260401', 'S550401', '9', '01', '48',
  'ﾀ', 'Ａ', '！', '髙', '㋮', '𠮷', '\u202e', '\u0000', '備'.repeat(700), 'x'.repeat(2001), '\n201,1,1,1,4,8119002F9990,麻,1,1,錠\n', '\n281,1,1,1,3', '\n13\n',
);
const spoiled = fc
  .record({
    lines: fc.oneof(arbitraryPrescription, fc.constant(plainDispensing)),
    lineEnd: fc.constantFrom('\n', '\n', '\n', '\r\n'),
    edits: fc.array(fc.record({ at: fc.nat(), without: fc.integer({ min: 0, max: 4 }), put: decisive }), { maxLength: 5 }),
    end: fc.constantFrom('', '\n', '\r', '\r\n', '\n\n'),
  })
  .map(({ lines, lineEnd, edits, end }) => {
    const whole = lines.join(lineEnd) + end;
    // Well-formed: half a surrogate pair has no bytes in UTF-8.
    return edits.reduce((text, { at, without, put }) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + without);
    }, whole).toWellFormed();
  });

function readByBytes(table: RecordTable, text: string): ReturnType<typeof readByText> & { readonly ids: readonly (readonly [string, number, number])[] } {
  const read = readRecords(indexRecords(table), Buffer.from(text), 'warn');
  const all = Object.entries(read.records).flatMap(([name, records]) => records.map((record) => ({ name, record })));
  all.sort((one, other) => one.record.line - other.record.line);
  const isUnknown = new Set(read.unknown.map(({ line }) => line));
  return {
    records: all.map(({ name, record }) => ({ name, line: record.line, fields: record.fields, surplus: record.surplus })),
    unknown: read.unknown.map(({ line, text: whole }) => [line, whole]),
    errors: read.errors,
    warnings: read.warnings.filter(({ line }) => !isUnknown.has(line)),
    ids: all.map(({ name, record }) => [name, record.rpId, record.drugId]),
  };
}

describe('a CSV read by its bytes', () => {
  it.each([['prescription', prescriptionRecords], ['dispensing', dispensingRecords]])('is what it is read by text, with every finding: %s', (_, table) => {
    fc.assert(fc.property(spoiled, (text) => {
      const { ids, ...byBytes } = readByBytes(table, text);
      expect(byBytes).toEqual(readByText(table, text));
      expect(ids).toHaveLength(byBytes.records.length);
    }), { numRuns: 500 });
  });

  it('tells RPs and drugs apart exactly where their texts differ', () => {
    fc.assert(fc.property(spoiled, (text) => {
      const { records, ids } = readByBytes(prescriptionRecords, text);
      const byRp = new Map<string, number>();
      const byDrug = new Map<string, number>();
      for (const [index, { fields }] of records.entries()) {
        const [, rpId = -1, drugId = -1] = ids[index] ?? [];
        if (fields['rp'] === undefined) continue;
        expect(rpId).toBe(byRp.get(fields['rp']) ?? rpId);
        byRp.set(fields['rp'], rpId);
        if (fields['serial'] === undefined) continue;
        const drug = JSON.stringify([fields['rp'], fields['serial']]);
        expect(drugId).toBe(byDrug.get(drug) ?? drugId);
        byDrug.set(drug, drugId);
      }
      expect(new Set(byRp.values()).size).toBe(byRp.size);
      expect(new Set(byDrug.values()).size).toBe(byDrug.size);
    }), { numRuns: 300 });
  });

  it('has its first line, its odd characters and its odd lines noticed as by text', () => {
    fc.assert(fc.property(spoiled, (text) => {
      const lines = linesOf(text);
      const file = readLines(bytesOf(text));
      fc.pre(file.errors.length === 0);
      expect(file.firstLine).toBe(lines[0] ?? '');
      const said = (word: RegExp): number[] => file.warnings.filter(({ reason }) => word.test(reason.en)).map(({ line }) => line);
      const firstOf = (test: (line: string) => boolean): number[] => [lines.findIndex(test) + 1].filter((line) => line > 0);
      expect(said(/cannot be seen/)).toEqual(lines.flatMap((line, index) => (hasUnseenCharacters(line) ? [index + 1] : [])));
      expect(said(/empty line/)).toEqual(firstOf((line) => line === ''));
      expect(said(/quotation mark/)).toEqual(firstOf((line) => line.includes('"')));
      expect(said(/very long/)).toEqual(firstOf((line) => line.length > 2000));
    }), { numRuns: 500 });
  });

  it.each([0, 1, 2])('has a line of more than 2,000 characters noticed wherever it stands: line %i', (place) => {
    for (const [length, said] of [[2000, 0], [2001, 1]] as const) {
      const lines = ['SJ1', '81,1,,x', '81,2,,y'];
      lines[place] = (lines[place] ?? '').padEnd(length, '備');
      expect(readLines(bytesOf(lines.join('\n'))).warnings).toHaveLength(said);
      // The CR of a line's end is no part of it.
      expect(readLines(bytesOf(lines.join('\r\n'))).warnings.filter(({ reason }) => reason.en.includes('very long'))).toHaveLength(said);
    }
  });
});

describe('what is read off bytes', () => {
  const everyCharacter = function* (): Generator<string> {
    for (let point = 0; point < 0x11_0000; point += 1) if (point < 0xd800 || point > 0xdfff) yield String.fromCodePoint(point);
  };

  it('calls a character ordinary exactly where the text is', () => {
    const wrong: string[] = [];
    for (const character of everyCharacter()) {
      const bytes = bytesOf(character);
      const byBytes = bytes.length >= 3 ? isExtraordinaryOfThree(bytes, 0) === 1 : readLines(bytesOf(`SJ1,${character}x`)).warnings.length > 0;
      // LF makes another line, and the quotation mark is said for what it is.
      const byText = character === '"' || (character !== '\n' && (bytes.length >= 3 ? isExtraordinary(character) : hasUnseenCharacters(character)));
      if (byBytes !== byText) wrong.push(character);
    }
    expect(wrong).toEqual([]);
  });

  it('takes no white space for something visible', () => {
    const blank = [...everyCharacter()].filter((character) => character.trim() === '');
    expect(blank.length).toBeGreaterThan(20);
    for (const character of blank) expect(beginsVisibly(bytesOf(character), 0)).toBe(false);
    for (const character of ['1', 'x', '髙', 'ア', 'ﾀ', 'Ａ', '、', '𠮷']) expect(beginsVisibly(bytesOf(character), 0)).toBe(true);
  });

  it('takes exactly plain decimals for numbers, and exactly up to four digits for an id', () => {
    const almost = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '3', ' ', '-', '/', ':'), maxLength: 6 });
    fc.assert(fc.property(almost, (text) => {
      const bytes = bytesOf(`,${text},`);
      expect(isDecimal(bytes, 1, text.length + 1)).toBe(/^\d+(?:\.\d+)?$/.test(text));
      expect(plainNumber(bytes, 1, text.length + 1)).toBe(/^(?:0|[1-9]\d{0,3})$/.test(text) ? Number(text) : -1);
    }), { numRuns: 2000 });
  });

  it('gives equal ids to equal texts, and says which numbers were among them', () => {
    const text = fc.oneof(fc.integer({ min: 0, max: 30 }).map(String), fc.constantFrom('', '01', ' 1', '１', '10000', '1.0'));
    fc.assert(fc.property(fc.array(text), (texts) => {
      const ids = new TextIds();
      const given = texts.map((one) => ids.idOf(Buffer.from(one), 0, Buffer.byteLength(one)));
      expect(new Set(given)).toEqual(new Set(Array.from({ length: new Set(texts).size }, (_, id) => id)));
      expect(new Set(given.map((id, index) => `${id}:${texts[index] ?? ''}`)).size).toBe(ids.size);
      for (let number = 0; number <= 30; number += 1) expect(ids.has(number)).toBe(texts.includes(String(number)));
    }));
  });
});
