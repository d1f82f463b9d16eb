import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import { z } from 'zod';
import { common } from '../contract/ipc/every-window.ts';
import { windows, type WindowName } from '../contract/ipc/windows.ts';
import { ProblemError } from '../contract/problem.ts';
import { isPageOf } from './page-files.ts';

interface Channel {
  readonly request: z.ZodType;
  readonly answer: z.ZodType;
}

type Invokes = (typeof windows)[WindowName]['invoke'] & (typeof common)['invoke'];
type AllInvokes = (typeof windows)['signature']['invoke'] & (typeof windows)['authentication']['invoke'] & (typeof windows)['pairing']['invoke'] & (typeof windows)['home']['invoke'] & (typeof common)['invoke'];
export type InvokeName = keyof AllInvokes;

type Request<Name extends InvokeName> = z.infer<AllInvokes[Name]['request']>;
type Answer<Name extends InvokeName> = z.infer<AllInvokes[Name]['answer']> extends infer A ? ([A] extends [undefined] ? unknown : A) : never;

/** What main does for each channel, told which window asks. Requests are validated before, answers after; a channel without an answer gives none. */
export type InvokeHandlers = {
  readonly [Name in InvokeName]: (request: Request<Name>, window: WindowName) => Promise<Answer<Name>> | Answer<Name>;
};

/** Says nothing of what was sent: the text goes back to a page that may not be ours any more. */
class Refused extends Error {
  override readonly name = 'Refused';
}

/**
 * Lets each window's own page, in its main frame, use the channels of that window.
 * SECURITY: sender, request and answer are all checked (test/unit/main/ipc-router.test.ts).
 */
export function routeInvokes(ipc: Pick<IpcMain, 'handle'>, windowOf: (contents: WebContents) => WindowName | undefined, handlers: InvokeHandlers): void {
  for (const name of Object.keys(handlers) as InvokeName[]) {
    const handler = handlers[name] as (request: unknown, window: WindowName) => unknown;
    ipc.handle(name, async (event, ...sent: unknown[]) => {
      const window = sender(event, windowOf);
      const channel = channelOf(window, name);
      const request = channel.request.safeParse(sent[0]);
      if (sent.length > 1 || !request.success) throw new Refused('malformed request');
      try {
        const answer = await handler(request.data, window);
        return channel.answer instanceof z.ZodUndefined ? undefined : channel.answer.parse(answer);
      } catch (error) {
        throw error instanceof ProblemError ? error : new Refused('not done');
      }
    });
  }
}

function sender(event: IpcMainInvokeEvent, windowOf: (contents: WebContents) => WindowName | undefined): WindowName {
  const window = windowOf(event.sender);
  const frame = event.senderFrame;
  if (window === undefined || frame === null || frame.parent !== null || !isPageOf(window, frame.url)) throw new Refused('unknown sender');
  return window;
}

function channelOf(window: WindowName, name: InvokeName): Channel {
  const channels: Partial<Record<string, Channel>> = { ...windows[window].invoke, ...common.invoke } satisfies Partial<Record<keyof Invokes, Channel>>;
  const channel = channels[name];
  if (channel === undefined) throw new Refused('not a channel of this window');
  return channel;
}
