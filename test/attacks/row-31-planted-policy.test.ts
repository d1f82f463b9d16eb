/**
 * Row 31: a machine policy planted by a user (on Windows any user may make a folder under ProgramData). Policy names the
 * modules that see PINs, the clients and the anchors, so whoever can write it owns every signature. Here it is read only
 * where an administrator owns file and folders and nobody else may write them; else defaults apply, and `config show`,
 * `doctor` and the log say so. Tried on the command line itself, in a mount namespace with an /etc of its own.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { projectRoot, runCommand, type CommandEnd } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';
import { ownEtcNeeds, withOwnEtc } from '../support/own-etc.ts';

const nobody = 65534;
const evilModule = '/tmp/evil-module.so';
const planted = { language: 'en', cards: { direct: false, modules: [{ path: evilModule }] }, clients: [{ name: 'Evil', native: true, tokenSha256: 'ab'.repeat(32) }] };

interface Shown {
  readonly policy: { readonly state: string; readonly place: string };
  readonly settings: readonly { readonly path: string; readonly value: unknown; readonly source: string }[];
}

describeWith(ownEtcNeeds, 'a policy in /etc/hpki-agent', () => {
  let folder: string;
  let etc: string;
  let policyFolder: string;
  let file: string;
  beforeAll(() => {
    // Not below /tmp itself: every folder above the file is looked at, and inside the namespace that is /etc alone.
    folder = mkdtempSync(path.join(tmpdir(), 'hpki-etc-'));
    etc = path.join(folder, 'etc');
    mkdirSync(etc);
    policyFolder = path.join(etc, 'hpki-agent');
    file = path.join(policyFolder, 'policy.json');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    rmSync(policyFolder, { recursive: true, force: true });
    mkdirSync(policyFolder, { mode: 0o755 });
    chmodSync(policyFolder, 0o755);
    writeFileSync(file, JSON.stringify(planted), { mode: 0o644 });
    chmodSync(file, 0o644);
  });

  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
    const command = path.join(projectRoot, 'src', 'cli', 'development.ts');
    const program = [...withOwnEtc(etc), process.execPath, command];
    return runCommand([...args, '--data-dir', path.join(folder, 'data')], { program, env });
  }
  const show = async (env: Readonly<Record<string, string>> = {}): Promise<Shown> => JSON.parse((await run(['config', 'show', '--json'], env)).out) as Shown;
  const valueOf = ({ settings }: Shown, name: string): unknown => settings.find((setting) => setting.path === name)?.value;

  it('counts where root owns it and nobody else may write it', async () => {
    const shown = await show();
    expect(shown.policy.state).toBe('read');
    expect(valueOf(shown, 'cards.modules')).toMatchObject([{ path: evilModule }]);
    expect(shown.settings.find(({ path: name }) => name === 'language')).toMatchObject({ value: 'en', source: 'policy' });
  });

  it.each<[string, () => void]>([
    ['a user owns the file', () => chownSync(file, nobody, nobody)],
    ['everybody may write the file', () => chmodSync(file, 0o666)],
    ['a group may write the file', () => chmodSync(file, 0o664)],
    ['a user owns the folder', () => chownSync(policyFolder, nobody, nobody)],
    ['everybody may write into the folder', () => chmodSync(policyFolder, 0o777)],
    [
      'the file is a link to a user\'s file',
      () => {
        const elsewhere = path.join(etc, 'elsewhere.json');
        renameSync(file, elsewhere);
        chownSync(elsewhere, nobody, nobody);
        symlinkSync('/etc/elsewhere.json', file);
      },
    ],
    [
      'the folder is a link to a user\'s folder',
      () => {
        const elsewhere = path.join(etc, 'elsewhere');
        rmSync(elsewhere, { recursive: true, force: true });
        renameSync(policyFolder, elsewhere);
        chownSync(elsewhere, nobody, nobody);
        symlinkSync('/etc/elsewhere', policyFolder);
      },
    ],
  ])('is ignored and named where %s', async (_what, plant) => {
    plant();
    const shown = await show();
    expect(shown.policy).toEqual({ state: 'refused', place: '/etc/hpki-agent/policy.json' });
    expect(valueOf(shown, 'cards.modules')).toEqual([]);
    expect(valueOf(shown, 'clients')).toEqual([]);
    expect(shown.settings.filter(({ source }) => source === 'policy')).toEqual([]);
  });

  it('is a problem in the diagnosis, with its remedy, in both languages', async () => {
    chownSync(file, nobody, nobody);
    const { out, code } = await run(['doctor', '--json']);
    expect(code).toBe(1);
    const finding = (JSON.parse(out) as { id: string; status: string; details: { ja: string; en: string }; remedy: { ja: string } | null }[]).find(({ id }) => id === 'policy');
    expect(finding).toMatchObject({ status: 'problem', details: { en: '/etc/hpki-agent/policy.json is not owned by root' } });
    expect(finding?.details.ja).toContain('所有者');
    expect(finding?.remedy?.ja).toContain('管理者だけが書き込める場所');
    expect(out).not.toContain(evilModule);
  }, 60_000);

  it('has no other place: neither variables of the environment nor the data folder nor the working directory name one', async () => {
    rmSync(policyFolder, { recursive: true });
    mkdirSync(path.join(folder, 'data'), { recursive: true });
    for (const name of ['policy.json', 'settings.json']) writeFileSync(path.join(folder, 'data', name), JSON.stringify(planted));
    const evil = path.join(folder, 'data', 'policy.json');
    const shown = await show({ HPKI_AGENT_POLICY: evil, HPKI_POLICY: evil, POLICY_FILE: evil, XDG_CONFIG_DIRS: path.join(folder, 'data'), XDG_CONFIG_HOME: path.join(folder, 'data') });
    expect(shown.policy.state).toBe('none');
    expect(valueOf(shown, 'cards.modules')).toEqual([]);
    expect(valueOf(shown, 'clients')).toEqual([]);
    expect(shown.settings.find(({ path: name }) => name === 'language')?.source).toBe('user');
  });
});
