/** One end of a message channel in a main or utility process, as Electron has it (`MessagePortMain`). */
export interface PinPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  postMessage(message: unknown): void;
  close(): void;
}
