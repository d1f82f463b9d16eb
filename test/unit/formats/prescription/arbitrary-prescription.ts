/** Prescriptions as an EHR might write them: any number of RPs, drugs and details, any text without commas. */
import fc from 'fast-check';
import { plainPrescription } from './csv-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll(/[,\n\ud800-\udfff]/g, ''));
const japanese = fc.constantFrom('アムロジピン錠５ｍｇ', '【般】ロキソプロフェン', '髙貴薬①', 'ｶﾞｽﾄﾛ', '見本散', '麻薬①');
const word = fc.oneof({ weight: 3, arbitrary: japanese }, { weight: 1, arbitrary: anyText.map((text) => `x${text}`) });
const amount = fc.oneof(fc.integer({ min: 1, max: 99 }).map(String), fc.constantFrom('0.5', '1.25', '３'));

const detail = fc.oneof(
  fc.record({ number: fc.constant('281'), rest: fc.tuple(fc.constantFrom('1', '3', '6', '8', ''), anyText) })
    .map(({ number, rest }) => (place: string): string => `${number},${place},1,${rest.join(',')},`),
  amount.map((dose) => (place: string): string => `241,${place},${dose},3`),
  amount.map((dose) => (place: string): string => `221,${place},${dose},1,1,,,,,,,`),
  amount.map((factor) => (place: string): string => `211,${place},${factor}`),
);
const drug = fc.record({ name: word, amount, unit: fc.constantFrom('錠', 'ｇ', 'mL', ''), details: fc.array(detail, { maxLength: 3 }) });
const rp = fc.record({
  form: fc.constantFrom('1', '2', '3', '4', '5', '6', '9', '8'),
  usage: word,
  supplements: fc.array(anyText, { maxLength: 2 }),
  drugs: fc.array(drug, { minLength: 1, maxLength: 4 }),
});
const extra = fc.oneof(
  anyText.map((text) => `81,1,,${text}`),
  anyText.map((text) => `302,1,${text}`),
  anyText.map((text) => `64,${text}`),
  // A line of one bare number would be a record that lacks its fields.
  anyText.map((text) => text.replace(/^\d/, 'x')),
);

/** Lines of an acceptable prescription. */
export const arbitraryPrescription: fc.Arbitrary<readonly string[]> = fc
  .record({ rps: fc.array(rp, { minLength: 1, maxLength: 5 }), extras: fc.array(extra, { maxLength: 4 }), shuffled: fc.boolean() })
  .chain(({ rps, extras, shuffled }) => {
    const lines = rps.flatMap((one, index) => {
      const number = String(index + 1);
      return [
        `101,${number},${one.form},,14`,
        `111,${number},3,1013044400000000,${one.usage},3`,
        ...one.supplements.map((text, at) => `181,${number},${at + 1},,${text},,`),
        ...one.drugs.flatMap((each, at) => [
          `201,${number},${at + 1},1,2,999999999,${each.name},${each.amount},1,${each.unit}`,
          ...each.details.map((write) => write(`${number},${at + 1}`)),
        ]),
      ];
    });
    const body = [...lines, ...extras];
    const head = plainPrescription.filter((line) => !/^(101|111|201),/.test(line));
    const ordered = shuffled ? fc.shuffledSubarray(body, { minLength: body.length }) : fc.constant(body);
    return ordered.map((all) => [...head, ...all]);
  });
