import type { MenuItemConstructorOptions } from 'electron';
import type { AgentView, HomeSection } from '../contract/ipc.ts';
import { messages, type Language } from '../contract/messages/messages.ts';

export interface TrayActions {
  /** Brings the window that asks to the front. */
  readonly answer: () => void;
  readonly open: (section: HomeSection) => void;
  readonly saveLogs: () => void;
  /** Null where policy keeps the agent running. */
  readonly quit: (() => void) | null;
}

/** Why the tray looks as it does, in one line: the first problem, or the state. */
export function trayReason(view: AgentView, language: Language): string {
  const [problem] = view.problems;
  const { states, starting } = messages[language].tray;
  if (isStarting(view)) return starting;
  const state = states[view.state];
  return problem === undefined || view.state === 'working' ? state : `${state}（${problem.title[language]}）`;
}

/** Before the agent listens nothing is signed, whatever keeps it busy. */
export function isStarting(view: AgentView): boolean {
  return view.state === 'working' && view.port === null;
}

export function trayTooltip(view: AgentView, language: Language): string {
  const { tray, common } = messages[language];
  return tray.tooltip.replace('{{product}}', common.product).replace('{{reason}}', trayReason(view, language));
}

/** The tray's menu: the state as a line that cannot be chosen, the sections of the home window, and the end. */
export function trayMenu(view: AgentView, language: Language, { answer, open, saveLogs, quit }: TrayActions): MenuItemConstructorOptions[] {
  const { menu } = messages[language].tray;
  const section = (name: HomeSection): MenuItemConstructorOptions => ({ id: name, label: menu[name], click: () => open(name) });
  return [
    { id: 'state', label: trayReason(view, language), enabled: false },
    ...(view.isAsking ? [{ id: 'answer', label: menu.answer, click: answer }] : []),
    { type: 'separator' },
    section('status'),
    section('clients'),
    section('diagnosis'),
    section('settings'),
    { type: 'separator' },
    { id: 'saveLogs', label: menu.saveLogs, click: saveLogs },
    ...(quit === null ? [] : [{ type: 'separator' } as const, { id: 'quit', label: menu.quit, click: quit }]),
  ];
}
