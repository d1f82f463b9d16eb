/** The administrator's guide: what it tells to type, to write and to click is really there. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { resolveConfig } from '../../../src/agent/config/resolve.ts';
import { productCommands } from '../../../src/cli/product-commands.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { readLaunchOrder } from '../../../src/main/launch-order.ts';
import { version } from '../../../src/contract/version.ts';
import { describeWith } from '../../support/machine.ts';

const root = path.join(import.meta.dirname, '../../..');
const folder = path.join(root, 'docs/admin');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const pages = ['README.md', 'install.md', 'install.en.md', 'browser-permission.md'];
const blocks = (text: string, language: string): readonly string[] => [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)\`\`\``, 'gm'))].map(([, block = '']) => block);

/** Every command line of the program in a page: in a block, in running text, and as Start-Process wants it. */
function commandLines(text: string): readonly string[] {
  const inText = [...text.matchAll(/`hpki-agent ((?:doctor|status|config|audit|anchors|readers|sign|verify|pair|serve|network)\b[^`]*)`/g)];
  const inBlocks = [...text.matchAll(/^hpki-agent (.+)$/gm)];
  const started = [...text.matchAll(/HPKIAgent\.exe' -ArgumentList '([^']+)'/g)];
  return [...inText, ...inBlocks, ...started].map(([, line = '']) => line.trim());
}

/** What the program makes of a command line, without doing it. */
async function refusal(line: string): Promise<string | null> {
  const program = createProgram('en', version, productCommands);
  const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)];
  for (const command of everyCommand(program)) command.configureOutput({ writeErr: () => undefined }).action(() => undefined);
  const order = readLaunchOrder(line.split(' '), new Set(program.commands.map((command) => command.name())));
  if (order.order !== 'command') return 'not a command';
  return program.parseAsync(order.argv, { from: 'user' }).then(() => null, (error: unknown) => String(error));
}

describe('the guide for administrators', () => {
  it('has command lines that the program takes', async () => {
    const lines = pages.flatMap((page) => commandLines(read(page)));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines.filter((each) => !each.includes('…'))) expect(await refusal(line), line).toBeNull();
    expect(await refusal('doctor --no-such-option')).not.toBeNull();
  });

  it('has policies that the agent takes', () => {
    for (const page of pages) for (const block of blocks(read(page), 'json')) expect(resolveConfig(JSON.parse(block), undefined).problems, block).toEqual([]);
  });

  it('names the files as they are built', () => {
    const builder = readFileSync(path.join(root, 'electron-builder.yml'), 'utf8');
    const names = [...builder.matchAll(/artifactName: (.+)$/gm)].map(([, name = '']) => name.replace('${version}', version));
    expect(names).toEqual(['HPKIAgent-Setup-0.1.0.${ext}', 'HPKIAgent-0.1.0.${ext}']);
    for (const name of [...names.map((each, index) => each.replace('${ext}', index === 0 ? 'exe' : 'msi')), `hpki-agent_${version}_amd64.deb`]) expect(read('install.md')).toContain(name);
  });

  it('leads nowhere that is not there', () => {
    for (const page of pages.slice(1)) {
      const text = read(page);
      for (const [, target = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
        const file = target === '' ? page : target;
        expect(existsSync(path.join(folder, file)), `${page} → ${target}`).toBe(true);
        if (anchor === undefined) continue;
        const anchors = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-'));
        expect(anchors, `${page} → #${anchor}`).toContain(anchor);
      }
    }
  });

  it('gives every browser the same permission', () => {
    for (const name of ['chrome.reg', 'edge.reg', 'chrome.plist', 'edge.plist', 'chrome.json']) {
      const text = read(`policies/${name}`);
      expect(text, name).toContain('LoopbackNetworkAllowedForUrls');
      expect([...text.matchAll(/https:\/\/ehr\.[^"<]+/g)].map(String), name).toEqual(['https://ehr.example.jp']);
    }
    expect(JSON.parse(read('policies/chrome.json'))).toEqual({ LoopbackNetworkAllowedForUrls: ['https://ehr.example.jp'] });
  });
});

describeWith(['openssl'], 'the token of the guide', () => {
  vi.setConfig({ testTimeout: 60_000 });

  it('has the hash that the guide’s commands print', () => {
    const [script = ''] = blocks(read('install.md'), 'sh').filter((block) => block.includes('openssl rand'));
    const place = mkdtempSync(path.join(tmpdir(), 'token-'));
    try {
      const printed = execFileSync('sh', ['-ec', script], { cwd: place, encoding: 'utf8' }).trim();
      const token = readFileSync(path.join(place, 'ehr-token.txt'));
      expect(token.toString()).toMatch(/^[0-9a-f]{64}$/);
      expect(printed).toBe(createHash('sha256').update(token).digest('hex'));
      expect(resolveConfig({ clients: [{ name: 'EHR', native: true, tokenSha256: printed }] }, undefined).problems).toEqual([]);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
