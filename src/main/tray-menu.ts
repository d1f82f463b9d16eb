import type { MenuItemConstructorOptions } from 'electron';
import type { AgentView, HomeSection } from '../contract/ipc/home.ts';
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

/** What Windows shows of a tooltip, in UTF-16 units (NOTIFYICONDATAW.szTip without its end). */
const tooltipLength = 127;

/** The state, and below it whose session of remote signing ends first. A line that would be cut is left out; the menu has it. */
export function trayTooltip(view: AgentView, language: Language, now: Date): string {
  const { tray, common } = messages[language];
  const state = tray.tooltip.replace('{{product}}', common.product).replace('{{reason}}', () => trayReason(view, language));
  const [first, ...others] = sessionLines(view, language, now);
  if (first === undefined) return state;
  const more = others.length === 0 ? '' : ` ${tray.otherSessions.replace('{{count}}', String(others.length))}`;
  const whole = `${state}\n${first}${more}`;
  return whole.length > tooltipLength ? state : whole;
}

/** One line for each session of remote signing, the one that ends first before the others; with its EHR where a name has several. */
function sessionLines({ remote }: AgentView, language: Language, now: Date): readonly string[] {
  const { session, nameAtEhr } = messages[language].tray;
  const sessions = [...(remote?.sessions ?? [])].sort((a, b) => a.until.localeCompare(b.until));
  return sessions.map(({ staff: { name }, caller, until }) => {
    const isAlone = sessions.filter(({ staff }) => staff.name === name).length === 1;
    const whose = isAlone ? name : nameAtEhr.replace('{{caller}}', () => caller).replace('{{name}}', () => name);
    return session.replace('{{until}}', clockTime(new Date(until), language, now)).replace('{{name}}', () => whose);
  });
}

const locales = { ja: 'ja-JP', en: 'en-GB' } as const;

/** `18:05`; with its day where that is not today. In the person's own zone. */
function clockTime(until: Date, language: Language, now: Date): string {
  const day = until.toDateString() === now.toDateString() ? {} : ({ month: 'short', day: 'numeric' } as const);
  return new Intl.DateTimeFormat(locales[language], { ...day, hour: '2-digit', minute: '2-digit' }).format(until);
}

/** A single & would name the key of a menu item. */
const literal = (label: string): string => label.replaceAll('&', '&&');

/** The tray's menu: state and sessions as lines that cannot be chosen, the sections of the home window, and the end. */
export function trayMenu(view: AgentView, language: Language, now: Date, { answer, open, saveLogs, quit }: TrayActions): MenuItemConstructorOptions[] {
  const { menu } = messages[language].tray;
  const section = (name: HomeSection): MenuItemConstructorOptions => ({ id: name, label: menu[name], click: () => open(name) });
  return [
    { id: 'state', label: literal(trayReason(view, language)), enabled: false },
    ...sessionLines(view, language, now).map((label, index) => ({ id: `session${index + 1}`, label: literal(label), enabled: false })),
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
