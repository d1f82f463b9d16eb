import { Notification } from 'electron';
import type { Notice } from '../agent/ports.ts';
import { messages, type Language } from '../contract/messages/messages.ts';

/** A toast of the operating system. Where there is none, nothing is lost: notices say what has happened, and ask nothing. */
export function showNotice({ kind, text }: Notice, language: Language): void {
  if (!Notification.isSupported()) return;
  new Notification({ title: messages[language].common.product, body: text[language], silent: kind === 'signed' }).show();
}
