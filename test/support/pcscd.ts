/**
 * A private pcscd for one test process: own socket, own virtual readers, own ports. The machine's
 * own pcscd is left alone and no privilege is needed (see pcscd-preload.c and vpcd-reader.c).
 *
 * Suites say `describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite'], …)`.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { freePort } from './free-port.ts';
import { programPath } from './machine.ts';
import type { PlayedKeypad } from './played-keypad.ts';

export interface VirtualReader {
  /** As PC/SC lists it. */
  readonly name: string;
  /** TCP port of 127.0.0.1 where vpcd waits for a card. */
  readonly port: number;
}

export interface PrivatePcscd {
  /** For child processes. This process has it already. */
  readonly env: { readonly PCSCLITE_CSOCK_NAME: string };
  readonly readers: readonly VirtualReader[];
  readonly vpcdPorts: readonly number[];
  /** Ends the service as `kill -9` does. Cards lose their connection. */
  kill(): Promise<void>;
  /** Starts it again, on the same socket and ports, after `kill` or `stop`; ends a running one first. */
  restart(): Promise<void>;
  /** Plugs one more (USB) reader in, or one that was unplugged, while the service runs. */
  plug(reader?: VirtualReader): Promise<VirtualReader>;
  /** Takes a reader away that {@link plug} has plugged in. */
  unplug(reader: VirtualReader): Promise<void>;
  /** The service's own log so far. */
  log(): string;
  stop(): Promise<void>;
}

/** libpcsclite keeps the socket's name from its first call on, so a process has one folder for all its services. */
let folder: string | undefined;
let inUse = false;

function compile(source: string, library: string, more: readonly string[] = []): void {
  const from = join(import.meta.dirname, source);
  execFileSync(programPath('gcc'), ['-O1', '-shared', '-fPIC', '-o', library, from, ...more, '-ldl']);
}

/** pcsc-lite's reader.h says what a reader's keys are told. */
function withKeypad(): readonly string[] {
  const headers = execFileSync('pkg-config', ['--cflags', 'libpcsclite'], { encoding: 'utf8' }).trim().split(/\s+/);
  return ['-DWITH_KEYPAD', '-Wall', '-Werror', ...headers, join(import.meta.dirname, 'reader-keypad.c')];
}

function preparedFolder(hasKeypad: boolean): string {
  if (folder === undefined) {
    folder = openTemporaryFolder('pcscd');
  }
  mkdirSync(join(folder, 'conf'), { recursive: true });
  compile('pcscd-preload.c', join(folder, 'preload.so'));
  compile('vpcd-reader.c', join(folder, 'reader.so'), hasKeypad ? withKeypad() : []);
  execFileSync('mkfifo', [join(folder, 'usb')]);
  return folder;
}

function prepareDriver(path: string, port: number): void {
  copyFileSync(join(path, 'reader.so'), join(path, `reader-${port}.so`));
  copyFileSync(programPath('vpcd'), join(path, `vpcd-${port}.so`));
}

/** USB readers that may be plugged in while the service runs: pcscd reads the list of its drivers only once. */
const usbReaders = 2;

/** A driver bundle as pcscd finds them by vendor and product; the product is the port, as pcscd-preload.c says. */
function installUsbDriver(path: string, { name, port }: VirtualReader): void {
  prepareDriver(path, port);
  const contents = join(path, 'drivers', `reader-${port}.bundle`, 'Contents');
  mkdirSync(join(contents, 'Linux'), { recursive: true });
  copyFileSync(join(path, `reader-${port}.so`), join(contents, 'Linux', 'reader.so'));
  const values = { CFBundleName: 'TEST', CFBundleExecutable: 'reader.so', Copyright: '' };
  const lists = { ifdVendorID: '0xF00D', ifdProductID: `0x${port.toString(16)}`, ifdFriendlyName: name.replace(/ 00 00$/, '') };
  writeFileSync(join(contents, 'Info.plist'), [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<plist version="1.0"><dict>',
    ...Object.entries(values).map(([key, value]) => `<key>${key}</key>\n<string>${value}</string>`),
    ...Object.entries(lists).map(([key, value]) => `<key>${key}</key>\n<array>\n<string>${value}</string>\n</array>`),
    '</dict></plist>',
    '',
  ].join('\n'));
}

/** Writes pcscd's reader.conf(5) and the libraries that it names. */
function configure(path: string, readers: readonly VirtualReader[]): void {
  for (const { port } of readers) prepareDriver(path, port);
  const entries = readers.map(({ name, port }) =>
    [
      `FRIENDLYNAME "${name.replace(/ 00 00$/, '')}"`,
      `DEVICENAME /dev/null:${port}`,
      `LIBPATH ${join(path, `reader-${port}.so`)}`,
      `CHANNELID ${port}`,
      '',
    ].join('\n'),
  );
  writeFileSync(join(path, 'conf', 'readers.conf'), entries.join('\n'));
}

class PortTaken extends Error {}

class Pcscd {
  #child: ChildProcess | undefined;
  #log = '';
  readonly #folder: string;
  /** Of the readers. */
  environment: Readonly<Record<string, string>> = {};

  constructor(path: string) {
    this.#folder = path;
    process.on('exit', () => this.#child?.kill('SIGKILL'));
  }

  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const path = this.#folder;
    const child = spawn(programPath('pcscd'), ['--foreground', '--info', '--config', join(path, 'conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LD_PRELOAD: join(path, 'preload.so'),
        TEST_PCSCD_DIR: path,
        ...this.environment,
      },
    });
    this.#child = child;
    const from = this.#log.length;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
        child.emit('log');
      });
    }
    await this.logged(/daemon ready/, from);
    if (/Could not initialize connection to virtual ICC/.test(this.#log.slice(from))) {
      await this.end('SIGKILL');
      throw new PortTaken(this.#log.slice(from));
    }
  }

  /** Resolves when the log, from a position on, has such a line. */
  async logged(line: RegExp, from: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error('pcscd does not run');
    const deadline = AbortSignal.timeout(20_000);
    while (!line.test(this.#log.slice(from))) {
      if (child.exitCode !== null || child.signalCode !== null || deadline.aborted) {
        throw new Error(`pcscd said no ${String(line)}: ${this.#log.slice(from)}`);
      }
      const step = new AbortController();
      const signal = AbortSignal.any([step.signal, deadline]);
      await Promise.race([once(child, 'log', { signal }), once(child, 'exit', { signal })]).catch(() => undefined);
      step.abort();
    }
  }

  /**
   * Resolves when the process is no more, also for whoever asks while it dies: its sockets close first, so clients hear of
   * its death before its number is free, and a new pcscd that finds that number alive refuses to start.
   */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

/**
 * Starts pcscd with that many virtual readers (default 1) and points this process's PC/SC at it:
 * `keypad`: the first reader has keys of its own (suites need `neededByKeypad` too).
 * `PCSCLITE_CSOCK_NAME` is set before this resolves, and must not have been used before. One at a
 * time per process; a later one uses the same socket.
 */
export async function startPcscd(options: { readonly readers?: number; readonly keypad?: PlayedKeypad } = {}): Promise<PrivatePcscd> {
  if (inUse) throw new Error('a private pcscd already runs in this process');
  inUse = true;
  const path = preparedFolder(options.keypad !== undefined);
  const socket = join(path, 'pcscd.comm');
  process.env['PCSCLITE_CSOCK_NAME'] = socket;

  const pcscd = new Pcscd(path);
  let readers: readonly VirtualReader[];
  let usb: readonly VirtualReader[];
  for (let attempt = 1; ; attempt += 1) {
    const ports = await Promise.all(Array.from({ length: options.readers ?? 1 }, freePort));
    readers = ports.map((port, index) => ({ name: `Test Reader ${String.fromCharCode(65 + index)} 00 00`, port }));
    configure(path, readers);
    rmSync(join(path, 'drivers'), { recursive: true, force: true });
    const usbPorts = await Promise.all(Array.from({ length: usbReaders }, freePort));
    usb = usbPorts.map((port, index) => ({ name: `Test USB Reader ${index + 1} 00 00`, port }));
    for (const reader of usb) installUsbDriver(path, reader);
    if (options.keypad !== undefined) pcscd.environment = { TEST_KEYPAD: `${options.keypad.port}:${readers[0]?.port ?? 0}` };
    try {
      await pcscd.start();
      break;
    } catch (cause) {
      if (!(cause instanceof PortTaken) || attempt === 5) throw cause;
    }
  }

  const plugged = new Set<VirtualReader>();
  return {
    env: { PCSCLITE_CSOCK_NAME: socket },
    readers,
    vpcdPorts: readers.map((reader) => reader.port),
    log: () => pcscd.log,
    kill: () => pcscd.end('SIGKILL'),
    async restart() {
      await pcscd.end('SIGTERM');
      await pcscd.start();
    },
    async plug(wanted) {
      const reader = wanted ?? usb.find((one) => !plugged.has(one));
      if (reader === undefined || plugged.has(reader)) throw new Error('no USB reader is left to be plugged in');
      plugged.add(reader);
      const from = pcscd.log.length;
      writeFileSync(join(path, 'usb'), `add ${reader.port}\n`);
      await pcscd.logged(new RegExp(`virtual ICC on port ${reader.port}`), from);
      return reader;
    },
    async unplug(reader) {
      plugged.delete(reader);
      const from = pcscd.log.length;
      writeFileSync(join(path, 'usb'), `remove ${reader.port}\n`);
      await pcscd.logged(/Removing USB device|shutdown of Test USB/i, from);
    },
    async stop() {
      await pcscd.end('SIGTERM');
      rmSync(path, { recursive: true, force: true });
      inUse = false;
    },
  };
}
