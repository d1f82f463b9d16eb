// The PIN's way: from the page by a port straight to the card host, past the main process.

/**
 * How the port reaches the page: the preload posts this to its own window with the one port, after
 * `signature.pinPort` or `authentication.pinPort`. `dialog` is the dialog that asked. A new port ends the one before it.
 */
export interface PinPortMessage {
  readonly type: 'pin-port';
  readonly dialog: string;
}

/**
 * Page → card host. Sent once a port, and the page zeroes its bytes after posting. They are copied, not transferred:
 * Electron loses a message whose ArrayBuffer is transferred to a port outside the renderer (electron/electron#34905).
 */
export interface PinMessage {
  readonly pin: Uint8Array;
  readonly spendLastTries: boolean;
}

/** Card host → page, once; then the port closes. The session's id goes to the main process, not to the page. */
export interface PinTaken {
  readonly taken: boolean;
}
