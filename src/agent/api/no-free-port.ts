import path from 'node:path';
import { ownerOfListener, type ListenerOwner } from '../../native/peer/owner-of-listener.ts';
import type { Text } from './language.ts';

export interface PortHolder {
  readonly port: number;
  /** Null where nobody is seen: reserved by the system, or held by a program that this user cannot see. */
  readonly owner: ListenerOwner | null;
}

export function holdersOf(ports: readonly number[]): Promise<readonly PortHolder[]> {
  return Promise.all(ports.map(async (port) => ({ port, owner: await ownerOfListener(port) })));
}

const reserved: Text = {
  ja: 'Windowsが予約しているポートは netsh int ipv4 show excludedportrange protocol=tcp で分かります。',
  en: ' Windows lists the ports that it reserves by netsh int ipv4 show excludedportrange protocol=tcp.',
};

/** No port of the list could be bound on loopback. */
export class NoFreePort extends Error {
  override readonly name = 'NoFreePort';
  readonly ports: readonly number[];
  /** Names of the programs that hold them, where they are seen: a path may name a person. */
  readonly programs: readonly string[];
  /** What is wrong, short enough for a tray icon. */
  readonly title: Text;
  readonly remedy: Text;

  constructor(holders: readonly PortHolder[], cause: unknown, platform: NodeJS.Platform = process.platform) {
    const ports = holders.map(({ port }) => port);
    super(`none of the ports ${ports.join(', ')} is free`, { cause });
    this.ports = ports;
    this.programs = [...new Set(holders.flatMap(({ owner }) => owner?.program ? [shortName(owner)] : []))];
    const names = [...new Set(holders.flatMap(({ owner }) => (owner === null ? [] : [shortName(owner)])))];
    const [first] = names;
    const list = portRanges(ports);
    this.title =
      first === undefined
        ? { ja: `ポート ${list} を使えません`, en: `The ports ${list} cannot be used` }
        : {
            ja: `ポート ${list} は ${first}${names.length > 1 ? ' など' : ''} が使用中です`,
            en: `${first}${names.length > 1 ? ' and others hold' : ' holds'} the ports ${list}`,
          };
    const lines = byOwner(holders).map(([owner, held]) => `${owner} [${portRanges(held)}]`);
    const who = { ja: lines.length === 0 ? '' : `使用中のプログラム: ${lines.join('、')}。`, en: lines.length === 0 ? '' : `Held by: ${lines.join(', ')}. ` };
    const isReserved = platform === 'win32' && holders.some(({ owner }) => owner === null);
    this.remedy = {
      ja: `${who.ja}そのプログラムを終了するか、管理者がポリシー api.ports で別のポートを指定してください。${isReserved ? reserved.ja : ''}`,
      en: `${who.en}End that program, or have an administrator name other ports in the policy api.ports.${isReserved ? reserved.en : ''}`,
    };
  }
}

function byOwner(holders: readonly PortHolder[]): readonly (readonly [string, readonly number[]])[] {
  const ports = new Map<string, number[]>();
  for (const { port, owner } of holders) {
    if (owner !== null) ports.set(longName(owner), [...(ports.get(longName(owner)) ?? []), port]);
  }
  return [...ports];
}

/** `17090–17099, 17105` */
export function portRanges(ports: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === port - 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ');
}

function shortName({ program, userName }: ListenerOwner): string {
  if (program !== null) return path.basename(program.replaceAll('\\', '/'));
  return userName ?? '?';
}

function longName({ program, userName }: ListenerOwner): string {
  return [program, userName === null ? null : `(${userName})`].filter((part) => part !== null).join(' ') || '?';
}
