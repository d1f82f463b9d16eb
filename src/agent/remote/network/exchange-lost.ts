/** One exchange did not come to its answer. */
export class ExchangeLost extends Error {
  override readonly name = 'ExchangeLost';
  /** False: nothing of the request was written to the socket. */
  readonly begun: boolean;
  /** The connection had carried nothing before, and not one byte of an answer came. */
  readonly wasFirst: boolean;

  constructor(begun: boolean, wasFirst: boolean, cause: unknown) {
    super('the exchange was lost', { cause });
    this.begun = begun;
    this.wasFirst = wasFirst;
  }
}
