/** `npm start` and `npm run dev`, for whoever has just cloned this. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { electronExecutable } from '../../scripts/electron-binary.ts';
import { projectRoot, runCommand, startCommand } from '../support/command-line.ts';
import { makeDesktopFolder } from '../support/built-desktop.ts';
import { describeWith } from '../support/machine.ts';

vi.setConfig({ testTimeout: 180_000 });

const program = (script: string) => [process.execPath, path.join(projectRoot, 'scripts', script)];

describe.runIf(electronExecutable() === undefined)('without Electron’s binary', () => {
  it.each(['start.ts', 'dev.ts'])('%s says what is missing and what to do', async (script) => {
    const { code, err } = await runCommand([], { program: program(script) });
    expect(code).toBe(1);
    expect(err).toContain('npx install-electron');
    expect(err).toContain('npm run dev -- --model');
  });
});

describeWith(['chromium'], 'npm run dev', () => {
  const folder = makeDesktopFolder();
  afterAll(() => rmSync(folder, { recursive: true }));

  it('runs the desktop over virtual cards, and plays what is typed', async () => {
    const dev = startCommand(['--model'], { program: program('dev.ts'), env: { DESKTOP_OUT: path.join(folder, 'out'), NODE_OPTIONS: undefined } });
    const [, port] = await dev.seen(/agent on http:\/\/127\.0\.0\.1:(\d+)/);
    expect(await (await fetch(`http://127.0.0.1:${port}/health`)).json()).toMatchObject({ name: 'hpki-agent' });
    dev.type('remove\n');
    const { signal, code } = await dev.stop('SIGINT');
    expect(signal ?? code).toBe(0);
  });
});
