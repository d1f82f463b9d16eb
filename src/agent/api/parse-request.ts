import type { z } from 'zod';
import { ProblemError } from '../../contract/problem.ts';
import type { Text } from './language.ts';

type Where = 'body' | 'query' | 'header';

/** Checks a part of a request by its schema. Throws ProblemError REQUEST_INVALID that names the fields, never their values. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown, where: Where): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProblemError({ code: 'REQUEST_INVALID', detail: describeIssues(parsed.error.issues, where) });
}

const shownIssues = 5;

function describeIssues(issues: readonly z.core.$ZodIssue[], where: Where): Text {
  const shown = issues.slice(0, shownIssues).map((issue) => describeIssue(issue, where));
  const more = issues.length - shown.length;
  return {
    ja: shown.map((text) => text.ja).join('、') + (more > 0 ? `、ほか${more}件` : '') + '。',
    en: shown.map((text) => text.en).join('; ') + (more > 0 ? `; ${more} more` : '') + '.',
  };
}

function describeIssue(issue: z.core.$ZodIssue, where: Where): Text {
  const place = [where, ...issue.path].map(String).join('.');
  const reason = reasonOf(issue);
  return { ja: `${place}: ${reason.ja}`, en: `${place}: ${reason.en}` };
}

/** Names that callers chose are shown in visible ASCII only, and short. */
function showName(name: string): string {
  return name.replace(/[^!-~]/gu, '?').slice(0, 40);
}

function reasonOf(issue: z.core.$ZodIssue): Text {
  switch (issue.code) {
    case 'invalid_type':
      return { ja: `型が違います（${issue.expected}が必要）`, en: `${issue.expected} expected` };
    case 'unrecognized_keys': {
      const names = issue.keys.slice(0, 5).map(showName).join(', ');
      return { ja: `知らない項目です（${names}）`, en: `unknown field (${names})` };
    }
    case 'too_big':
      return { ja: `長すぎるか大きすぎます（上限 ${issue.maximum}）`, en: `too long or too large (at most ${issue.maximum})` };
    case 'too_small':
      return { ja: `短すぎるか小さすぎます（下限 ${issue.minimum}）`, en: `too short or too small (at least ${issue.minimum})` };
    case 'invalid_format':
      // Our own patterns, which /openapi.json has too.
      return issue.pattern === undefined ? { ja: '書式が違います', en: 'wrong format' } : { ja: `書式が違います（${issue.pattern}）`, en: `wrong format (${issue.pattern})` };
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      return { ja: `値は次のどれかです（${values}）`, en: `must be one of ${values}` };
    }
    case 'invalid_union':
      return { ja: '値の種類が違います（type を確認）', en: 'no such kind (see type)' };
    case 'custom':
      return customReason(issue.message);
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return { ja: '値が正しくありません', en: 'not a valid value' };
  }
}

/** The names are those that the schemas of src/contract/api.ts give to their own checks. */
function customReason(name: string): Text {
  if (name === 'base64') {
    return { ja: '正しいbase64ではありません（改行なし、パディングあり）', en: 'not base64 (no line breaks, with padding)' };
  }
  if (name === 'unique-ids') return { ja: '同じidの文書があります', en: 'two documents have the same id' };
  return { ja: '値が正しくありません', en: 'not a valid value' };
}
