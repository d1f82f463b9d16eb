import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDispensingCsv, readPrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';
import { summarizeDispensing } from '../../../../src/formats/prescription/dispensing-summary.ts';
import { showSafely } from '../../../../src/formats/prescription/display-safety.ts';
import { summarizePrescription } from '../../../../src/formats/prescription/prescription-summary.ts';
import type { DocumentSummary, SummaryMark, SummaryRow } from '../../../../src/formats/prescription/summary.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';
import { arbitraryPrescription } from './arbitrary-prescription.ts';
import { csv, plainPrescription, prescriptionOf, replaced } from './csv-text.ts';
import { linesOf } from './reading-by-text.ts';

const rowsOf = (summary: DocumentSummary): SummaryRow[] => summary.sections.flatMap((section) => section.rows);
const rowsOfLine = (summary: DocumentSummary, line: number): SummaryRow[] => rowsOf(summary).filter((row) => row.line === line);

function everyString(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(everyString);
}

function summaryOf(lines: readonly string[]): DocumentSummary {
  return summarizePrescription(prescriptionOf(lines));
}

function marked(summary: DocumentSummary, mark: SummaryMark): string[] {
  return rowsOf(summary).filter((row) => row.marks.includes(mark)).map((row) => row.value);
}

function sample(): DocumentSummary {
  const reading = readPrescriptionCsv(samplePrescriptionCsv());
  if (!reading.ok) throw new Error('the sample is refused');
  return summarizePrescription(reading.document);
}

describe('the summary of a prescription', () => {
  it('names the people, the facility and the day', () => {
    expect(sample()).toMatchObject({
      signer: { name: '医者　三郎', kana: 'ｲｼｬ ｻﾌﾞﾛｳ' },
      facility: '架空内科クリニック',
      patient: { name: '髙橋　①子', kana: 'ﾀｶﾊｼ ｲﾁｺ', initials: 'タ.イ.', sex: 'female', birthDate: '1955-04-01', age: 71 },
      date: '2026-04-01',
      drugCount: 6,
      hasNarcotic: true,
    });
  });

  it('shows the date of birth in both calendars, with the age on the day of issue', () => {
    expect(rowsOf(sample()).map((row) => row.value)).toContain('1955-04-01（昭和30年4月1日） 満71歳');
    const dayBefore = replaced(plainPrescription, '13,', '13,19800402');
    expect(summaryOf(dayBefore).patient.age).toBe(45);
    expect(summaryOf(plainPrescription).patient.age).toBe(46);
  });

  it.each([
    ['19890107', '昭和64年1月7日'], ['19890108', '平成元年1月8日'], ['20190430', '平成31年4月30日'], ['20190501', '令和元年5月1日'],
    ['19261224', '大正15年12月24日'], ['19261225', '昭和元年12月25日'], ['19120730', '大正元年7月30日'],
  ])('changes the era on its very day: %s', (birth, japanese) => {
    const values = rowsOf(summaryOf(replaced(plainPrescription, '13,', `13,${birth}`))).map((row) => row.value);
    expect(values).toContainEqual(expect.stringContaining(`（${japanese}）`));
  });

  it('gives each RP its own section, with days for 内服, times for 頓服 and the bare quantity for 外用', () => {
    const headings = sample().sections.map((section) => section.heading.ja).filter((heading) => heading.startsWith('RP'));
    expect(headings).toEqual([
      'RP 1 内服 ／ 28日分', 'RP 2 内服 ／ 14日分', 'RP 3 頓服 ／ 10回分', 'RP 4 外用 ／ 調剤数量 1', 'RP 5 内服 ／ 14日分',
    ]);
  });

  it('begins with the drugs: whose they are stands above', () => {
    const headings = sample().sections.map((section) => section.heading.ja.split(' ', 1)[0]);
    expect(headings).toEqual([...Array<string>(5).fill('RP'), '備考・指示', '麻薬', '患者', '交付', '診療情報・検査値', '医療機関・医師', '保険・公費']);
  });

  it('marks narcotics: the record, and the drug whose code or name tells', () => {
    const narcotic = marked(sample(), 'narcotic');
    expect(narcotic).toContain('見本オキシコドン徐放錠５ｍｇ ／ 2錠 ／ YJ 8119002F9990');
    expect(narcotic).toContain('第１３－９９９９号');
    expect(narcotic.some((value) => value.includes('アムロジピン'))).toBe(false);
    const byName = summaryOf(replaced(plainPrescription, '201,', '201,1,1,1,2,620000000,（麻）見本散,3,1,ｇ'));
    expect(byName.hasNarcotic).toBe(true);
    const codeine1Percent = summaryOf(replaced(plainPrescription, '201,', '201,1,1,1,4,2242001B1990,見本コデイン散１％,3,1,ｇ'));
    expect(codeine1Percent.hasNarcotic).toBe(false);
  });

  it('marks what must not be substituted, on the drug and on the instruction', () => {
    expect(marked(sample(), 'no_substitution')).toEqual([
      'ミホンプラゾール錠１０ｍｇ ／ 1錠 ／ YJ 2329023F9990', '後発品変更不可 ／ 後発品変更不可',
    ]);
    for (const kind of ['3', '4', '5', '6']) {
      expect(marked(summaryOf([...plainPrescription, `281,1,1,1,${kind},,`]), 'no_substitution')).toHaveLength(2);
    }
    for (const kind of ['1', '2', '7', '8']) {
      expect(marked(summaryOf([...plainPrescription, `281,1,1,1,${kind},,`]), 'no_substitution')).toEqual([]);
    }
  });

  it('says when an amount is 力価', () => {
    const values = rowsOf(summaryOf(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本散,300,2,mg'))).map((row) => row.value);
    expect(values).toContain('見本散 ／ 300mg（力価） ／ レセ電 999999999');
  });

  it('shows no more of the 引換番号 than its last two characters', () => {
    const shown = (line: string): string => JSON.stringify(summaryOf([...plainPrescription, line]));
    expect(shown('82,1,Z9Y8X7W6')).toContain('●●●●W6"');
    // Of a short one two characters would be half of it.
    expect(shown('82,1,Z9Y8')).toContain('●●●●"');
    for (const line of ['82,1,Z9Y8X7W6', '82,1,Z9Y8', '82,1,ok,Z9Y8X7W6', '82,1,Z9Y8X7W6,Z9Y8X7W6']) {
      expect(shown(line)).not.toMatch(/Z9Y|Y8X|8X7/);
    }
  });

  it('shows what it does not know as it stands, marked', () => {
    const summary = summaryOf([...plainPrescription, '64,1,3', '12,1,x']);
    expect(rowsOfLine(summary, 11)).toContainEqual(expect.objectContaining({ value: '64,1,3', marks: ['unknown_record', 'warning'] }));
    expect(rowsOfLine(summary, 12).map((row) => row.value)).toContain('x');
  });

  it('shows an amount of 0 before everything else, and marks the drug', () => {
    const summary = summaryOf(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠,0,1,錠'));
    expect(summary.sections[0]?.rows).toMatchObject([{ label: { ja: '「分量」が0です', en: '"Amount" is 0' }, value: '10行目 ／ 201 ／ 分量', line: 10 }]);
    expect(marked(summary, 'warning')).toContain('見本錠 ／ 0錠 ／ レセ電 999999999');
  });

  it('shows every warning, before everything else', () => {
    const csvWithWarnings = prescriptionOf([...plainPrescription, '64,1,3', '281,9,9,1,3,,']);
    const [first] = summarizePrescription(csvWithWarnings).sections;
    expect(first?.rows.map((row) => row.label)).toEqual(csvWithWarnings.warnings.map((warning) => warning.reason));
    expect(csvWithWarnings.warnings.length).toBeGreaterThan(1);
  });

  it('escapes what hides or reorders, in whatever field it stands', () => {
    const summary = summaryOf(plainPrescription.map((line, index) => (index === 0 || /^(13|51),/.test(line) ? line : `${line}\u202e\u200b`)));
    for (const text of everyString(summary)) expect(text).not.toMatch(/[\u202e\u200b]/);
    expect(everyString(summary).filter((text) => text.includes('⟨U+202E⟩')).length).toBeGreaterThan(5);
  });

  it('takes initials from the name where there is no kana, and never a hidden character', () => {
    expect(summaryOf(replaced(plainPrescription, '11,', '11,,患者　太郎,')).patient.initials).toBe('患.太.');
    expect(summaryOf(replaced(plainPrescription, '11,', '11,,\u202e患者　太郎,')).patient.initials).toBe('？.太.');
  });
});

describe('any prescription that is accepted', () => {
  it('has every drug line in its summary, with name and amount', () => {
    fc.assert(fc.property(arbitraryPrescription, (lines) => {
      const summary = summaryOf(lines);
      lines.forEach((text, index) => {
        if (!text.startsWith('201,')) return;
        const [, , , , , , name = '', amount = '', , unit = ''] = text.split(',');
        const values = rowsOfLine(summary, index + 1).map((row) => row.value);
        expect(values.some((value) => value.startsWith(`${showSafely(name)} ／ ${showSafely(amount)}${showSafely(unit)}`))).toBe(true);
      });
      expect(summary.drugCount).toBe(lines.filter((line) => line.startsWith('201,')).length);
    }), { numRuns: 300 });
  });

  it('has every other line in it too', () => {
    fc.assert(fc.property(arbitraryPrescription, (lines) => {
      const own = summaryOf(lines).sections.filter((section) => section.heading.en !== 'Please check');
      const shown = new Set(own.flatMap((section) => section.rows.map((row) => row.line)));
      // As the file is read: a line of nothing but CR is an empty one.
      const wanted = linesOf(lines.join('\n')).flatMap((text, index) => (index === 0 || text === '' ? [] : [index + 1]));
      expect(wanted.filter((line) => !shown.has(line))).toEqual([]);
    }), { numRuns: 300 });
  });

  it('has a summary in which nothing hides or reorders', () => {
    fc.assert(fc.property(arbitraryPrescription, (lines) => {
      for (const text of everyString(summaryOf(lines))) {
        const plain = text.replaceAll(/(?<=\p{Script=Han})[\u{E0100}-\u{E01EF}]/gu, '');
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}\u0590-\u08ff\ufb1d-\ufdff]|[ \u3000]{5}/u);
      }
    }), { numRuns: 300 });
  });

  it('keeps its bytes as they came', () => {
    fc.assert(fc.property(arbitraryPrescription, fc.constantFrom('\n', '\r\n'), fc.boolean(), (lines, end, newlineAtEnd) => {
      const bytes = new TextEncoder().encode(lines.join(end) + (newlineAtEnd ? end : ''));
      const before = Uint8Array.from(bytes);
      const reading = readPrescriptionCsv(bytes);
      if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
      summarizePrescription(reading.document);
      expect(reading.document.bytes).toBe(bytes);
      expect(bytes).toEqual(before);
    }), { numRuns: 100 });
  });
});

describe('a value that imitates the summary', () => {
  it('does not end where its author says: a separator inside a name stands out', () => {
    const lines = replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠 ／ 1錠 ／ レセ電 999999999,300,1,錠');
    expect(rowsOfLine(summaryOf(lines), 10).map(({ value }) => value)).toEqual(['見本錠 ⟨／⟩ 1錠 ⟨／⟩ レセ電 999999999 ／ 300錠 ／ レセ電 999999999']);
    for (const name of ['／　見本錠', '見本錠 ／']) {
      expect(rowsOfLine(summaryOf(replaced(plainPrescription, '201,', `201,1,1,1,2,999999999,${name},3,1,錠`)), 10)[0]?.value).toContain('⟨／⟩');
    }
  });

  it('keeps a slash that is part of a word', () => {
    const lines = replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠５ｍｇ／錠,3,1,錠');
    expect(rowsOfLine(summaryOf(lines), 10)[0]?.value).toContain('見本錠５ｍｇ／錠 ／ 3錠');
  });

  it('of great length is shown whole, with a warning', () => {
    const lines = replaced(plainPrescription, '201,', `201,1,1,1,2,999999999,${'長'.repeat(3000)},3,1,錠`);
    const summary = summaryOf(lines);
    expect(rowsOfLine(summary, 10).some(({ value }) => value.includes('長'.repeat(3000)))).toBe(true);
    expect(rowsOf(summary).find(({ marks }) => marks.includes('warning'))?.label.ja).toContain('非常に長い行');
  });
});

describe('any bytes at all', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => new TextEncoder().encode(`SJ1\n${text}`)),
    fc.array(fc.tuple(fc.constantFrom('1', '5', '7', '11', '13', '15', '51', '82', '101', '201', '281', '301', '999', ''), fc.array(fc.string({ maxLength: 4 }), { maxLength: 12 })), { maxLength: 12 })
      .chain((records) => fc.constantFrom('SJ1', 'CJ1,').map((first) => csv([first, ...records.map(([number, fields]) => [number, ...fields].join(','))]))),
    arbitraryPrescription.map(csv),
  );

  it('are read or refused, and what was read has a summary', () => {
    fc.assert(fc.property(bytes, (input) => {
      const prescription = readPrescriptionCsv(input);
      if (prescription.ok) expect(summarizePrescription(prescription.document).drugCount).toBeGreaterThan(0);
      else expect(prescription.errors.length).toBeGreaterThan(0);
      const dispensing = readDispensingCsv(input);
      if (dispensing.ok) expect(summarizeDispensing(dispensing.document, null).drugCount).toBeGreaterThan(0);
      else expect(dispensing.errors.length).toBeGreaterThan(0);
    }), { numRuns: 1000 });
  });
});
