import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { dayMs, japaneseDay } from '../../formats/japan-time.ts';
import { OneAtATime } from '../audit/one-at-a-time.ts';
import { storageFailure } from '../audit/storage-failure.ts';
import { fault, type Log } from '../log.ts';
import type { Clock, Notice, Prompts } from '../ports.ts';
import { writeFileDurably } from '../storage/write-file-durably.ts';

/** A doctor's note on the registration of their phone at the CA: what has come by post is good until this day. */
export interface PhoneRegistration {
  readonly staffId: string;
  /** The last day, YYYY-MM-DD in Japan. */
  readonly deadline: string;
  /** Days until then: 0 on the last day, negative after it. */
  readonly daysLeft: number;
}

export interface PhoneRegistrationsParts {
  readonly file: string;
  readonly prompts: Pick<Prompts, 'notify'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** Days before the deadline at which the doctor is reminded. */
const reminderDays: readonly number[] = [30, 14, 7, 3, 1, 0];

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const fileSchema = z.array(z.strictObject({ staffId: z.string().min(1).max(64), deadline: day }));
const lookEveryMs = 60 * 60 * 1000;

/** The notes of this terminal, and a reminder of each as its deadline comes near. Nothing about a phone is in them. */
export class PhoneRegistrations {
  readonly #parts: PhoneRegistrationsParts;
  readonly #turn = new OneAtATime();
  readonly #reminded = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: PhoneRegistrationsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.remind();
    this.#timer = setInterval(() => this.remind(), lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  list(): readonly PhoneRegistration[] {
    return this.#read().map((note) => ({ ...note, daysLeft: this.#daysLeft(note.deadline) }));
  }

  /** A file that cannot be read holds no note; the next one that is made replaces it. */
  #read(): z.infer<typeof fileSchema> {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.#parts.file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#parts.log.warn('registrations.unreadable', { error: fault(error) });
      return [];
    }
  }

  /** `deadline` null: the phone is registered, or the letter has expired. Throws STORAGE_FAILED, RangeError for no day. */
  note(staffId: string, deadline: string | null): Promise<void> {
    return this.#turn.run(async () => {
      const others = this.#read().filter((note) => note.staffId !== staffId);
      const notes = deadline === null ? others : [...others, { staffId, deadline: aDay(deadline) }];
      try {
        await writeFileDurably(this.#parts.file, `${JSON.stringify(notes, null, 2)}\n`);
      } catch (cause) {
        throw storageFailure(cause);
      }
    });
  }

  /** Once for each of the days that are named, and once when it is over. */
  remind(): void {
    for (const { staffId, deadline, daysLeft } of this.list()) {
      const due = daysLeft < 0 ? 'over' : reminderDays.findLast((days) => daysLeft <= days);
      const key = JSON.stringify([staffId, deadline, due]);
      if (due === undefined || this.#reminded.has(key)) continue;
      this.#reminded.add(key);
      this.#parts.prompts.notify(reminder(staffId, deadline, daysLeft));
    }
  }

  #daysLeft(deadline: string): number {
    const today = japaneseDay(this.#parts.clock.now());
    return Date.parse(`${deadline}T00:00:00Z`) / dayMs - today;
  }
}

function aDay(text: string): string {
  const at = day.safeParse(text).success ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) throw new RangeError('no day of the calendar');
  return text;
}

function reminder(staffId: string, deadline: string, left: number): Notice {
  if (left < 0) {
    return {
      kind: 'problem',
      text: {
        ja: `${staffId} 様のスマートフォン登録の期限（${deadline}）が過ぎました。認証局に登録の案内の再発行を依頼してください。`,
        en: `The phone of ${staffId} had to be registered by ${deadline}. Ask the certificate authority for a new letter.`,
      },
    };
  }
  const days = left === 0 ? { ja: '今日', en: 'today' } : { ja: `あと${left}日`, en: `${left} day(s) left` };
  return {
    kind: 'warning',
    text: {
      ja: `${staffId} 様のスマートフォンの登録がまだです。期限は ${deadline}（${days.ja}）です。`,
      en: `The phone of ${staffId} is to be registered by ${deadline} (${days.en}).`,
    },
  };
}
