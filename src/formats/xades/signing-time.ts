import { japanOffsetMs } from '../japan-time.ts';
import type { SignatureProfile } from './signature-profile.ts';

/** xsd:dateTime with seconds and a numeric zone, the form of the samples. Throws RangeError for a time outside of years 1–9999. */
export function formatSigningTime(time: Date, zone: SignatureProfile['signingTimeZone']): string {
  const shift = zone === '+09:00' ? japanOffsetMs : 0;
  const text = new Date(time.getTime() + shift).toISOString();
  if (text.length !== '2022-09-07T08:08:01.000Z'.length) throw new RangeError('the signing time is outside of years 1 to 9999');
  return `${text.slice(0, '2022-09-07T08:08:01'.length)}${zone}`;
}

const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** Reads xsd:dateTime with a zone; null for anything else, times that do not exist included. Fractions of a second are dropped. */
export function parseSigningTime(text: string): Date | null {
  const match = dateTime.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, zone = 'Z'] = match;
  const local = `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}`;
  const asIfUtc = new Date(`${local}Z`);
  // Date takes 30 February for 1 March.
  if (Number.isNaN(asIfUtc.getTime()) || !asIfUtc.toISOString().startsWith(local)) return null;
  return new Date(`${local}${zone}`);
}
