/** What pages send and invoke: to the window's own `ipc` first, then to `ipcMain`, with the sender's frame. */
import type * as Electron from 'electron';
import type { FromPage, ToPage } from '../worlds/messages.ts';
import { ipcMain, type IpcReceiver } from '../electron/ipc-main.ts';
import type { CarriedPorts } from '../electron/message-channel.ts';
import type { Session } from '../electron/session.ts';

type Call = Extract<FromPage, { kind: 'send' | 'invoke' | 'permission' }>;

/** The part of a WebContents that calls need. */
interface Sender {
  readonly id: number;
  readonly ipc: IpcReceiver;
  readonly session: Session;
  readonly mainFrame: Electron.WebFrameMain;
  readonly document: number | undefined;
  deliver(message: ToPage, document?: number): void;
  send(channel: string, ...args: unknown[]): void;
  emit(event: string, ...args: unknown[]): boolean;
}

export class PageCalls {
  readonly #sender: Sender;
  readonly #ports: CarriedPorts;

  constructor(sender: Sender, ports: CarriedPorts) {
    this.#sender = sender;
    this.#ports = ports;
  }

  take(call: Call): void {
    switch (call.kind) {
      case 'send': this.#send(call); break;
      case 'invoke': void this.#answer(call.id, () => this.#invoke(call)); break;
      case 'permission': void this.#answer(call.id, () => this.#sender.session.askPermission(this.#sender, call.permission, this.#sender.mainFrame.url));
    }
  }

  #event(): object {
    return { sender: this.#sender, senderFrame: this.#sender.mainFrame, processId: this.#sender.id, frameId: 1, type: 'frame' };
  }

  #send(call: Extract<Call, { kind: 'send' }>): void {
    const ports = call.ports.map((name) => this.#ports.take(name));
    const reply = (channel: string, ...args: unknown[]): void => this.#sender.send(channel, ...args);
    const event = { ...this.#event(), ports, reply };
    this.#sender.emit('ipc-message', event, call.channel, ...call.args);
    this.#sender.ipc.emit(call.channel, event, ...call.args);
    ipcMain.emit(call.channel, event, ...call.args);
  }

  #invoke(call: Extract<Call, { kind: 'invoke' }>): unknown {
    const handler = this.#sender.ipc.handlerOf(call.channel) ?? ipcMain.handlerOf(call.channel);
    if (handler === undefined) throw new Error(`No handler registered for '${call.channel}'`);
    return handler(this.#event() as Electron.IpcMainInvokeEvent, ...call.args);
  }

  /** The answer goes to the document that asked, or nowhere. Of an error only its text crosses. */
  async #answer(id: number, work: () => unknown): Promise<void> {
    const { document } = this.#sender;
    try {
      this.#sender.deliver({ kind: 'answer', id, ok: true, value: await work() }, document);
    } catch (error) {
      this.#sender.deliver({ kind: 'answer', id, ok: false, value: String(error) }, document);
    }
  }
}
