import type { AuthenticationDialog } from '../ports.ts';

/** Where there is neither a window nor a terminal: every question counts as cancelled, as nobody can have agreed. */
export const nobodyAuthenticates: AuthenticationDialog = {
  chooseMethod: () => Promise.resolve('cancelled'),
  showCode: () => Promise.resolve('cancelled'),
  codeRanOut: () => Promise.resolve('cancelled'),
  waitForCard: () => Promise.resolve('cancelled'),
  askPin: () => Promise.resolve('cancelled'),
  showLogin: () => Promise.resolve('cancelled'),
  waitForKeypad: () => Promise.resolve('cancelled'),
  keypadLeft: () => undefined,
  progress: () => Promise.resolve('cancelled'),
  close: () => undefined,
};
