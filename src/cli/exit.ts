/** Exit codes of every command (sysexits.h for usage). `verify` has its own: 0 valid, 1 invalid, 2 indeterminate. */
export const exitCodes = { ok: 0, failed: 1, usage: 64 } as const;

/** Ends a command with a message for the person at the terminal: cause and remedy, both languages. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly text: { readonly ja: string; readonly en: string };
  readonly exitCode: number;

  constructor(text: { readonly ja: string; readonly en: string }, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(text.en, options);
    this.text = text;
    this.exitCode = exitCode;
  }
}
