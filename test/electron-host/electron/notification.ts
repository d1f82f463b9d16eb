/** `Notification`: shown in the record alone; a test clicks it by emitting. */
import type * as Electron from 'electron';
import { record } from './record.ts';
import { ModelEmitter } from './refusal.ts';

export class Notification extends ModelEmitter implements Pick<Electron.Notification, 'title' | 'body' | 'show' | 'close'> {
  title: string;
  body: string;
  readonly silent: boolean;
  readonly urgency: Electron.NotificationConstructorOptions['urgency'];

  constructor(options: Electron.NotificationConstructorOptions = {}) {
    super('Notification', ['show', 'click', 'close', 'action', 'failed', 'reply']);
    this.title = options.title ?? '';
    this.body = options.body ?? '';
    this.silent = options.silent ?? false;
    this.urgency = options.urgency;
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    record.notifications.push({ title: this.title, body: this.body, notification: this });
    queueMicrotask(() => this.emit('show', {}));
  }

  close(): void {
    queueMicrotask(() => this.emit('close', {}));
  }
}
