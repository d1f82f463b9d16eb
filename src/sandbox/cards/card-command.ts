/** A command APDU as a card takes it apart (ISO/IEC 7816-4 §5.2). */
export interface CardCommand {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Uint8Array;
  /** Most answer bytes wanted; undefined where the command has no Le field. */
  readonly le: number | undefined;
  readonly extended: boolean;
}

/** Undefined where the length fields do not fit the bytes: a card answers 6700. */
export function parseCommand(apdu: Uint8Array): CardCommand | undefined {
  const [cla, ins, p1, p2, first] = apdu;
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined) return undefined;
  const header = { cla, ins, p1, p2 };
  if (first === undefined) return { ...header, data: new Uint8Array(), le: undefined, extended: false };
  if (first === 0 && apdu.length > 5) return parseExtended(header, apdu.subarray(5));
  if (apdu.length === 5) return { ...header, data: new Uint8Array(), le: first || 256, extended: false };
  const data = apdu.slice(5, 5 + first);
  const rest = apdu.subarray(5 + first);
  if (data.length !== first || rest.length > 1) return undefined;
  return { ...header, data, le: rest[0] === undefined ? undefined : rest[0] || 256, extended: false };
}

function parseExtended(header: Pick<CardCommand, 'cla' | 'ins' | 'p1' | 'p2'>, body: Uint8Array): CardCommand | undefined {
  const [high, low] = body;
  if (high === undefined || low === undefined) return undefined;
  const length = (high << 8) | low;
  if (body.length === 2) return { ...header, data: new Uint8Array(), le: length || 65_536, extended: true };
  const data = body.slice(2, 2 + length);
  const rest = body.subarray(2 + length);
  if (length === 0 || data.length !== length) return undefined;
  if (rest.length === 0) return { ...header, data, le: undefined, extended: true };
  const [leHigh, leLow, more] = rest;
  if (leHigh === undefined || leLow === undefined || more !== undefined) return undefined;
  return { ...header, data, le: ((leHigh << 8) | leLow) || 65_536, extended: true };
}
