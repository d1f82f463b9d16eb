import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { publicDecrypt, constants, X509Certificate } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Contender } from './measure.ts';
import type { SoftHsmDoctor } from './softhsm-doctor.ts';

const source = fileURLToPath(new URL('./native/raw-pkcs11.c', import.meta.url));
const headers = fileURLToPath(new URL('../../node_modules/pkcs11js/includes/pkcs11', import.meta.url));

/** The C program of native/raw-pkcs11.c on the same token and the same disk. */
export class RawFloor {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #doctor: SoftHsmDoctor;

  constructor(doctor: SoftHsmDoctor) {
    this.#doctor = doctor;
    const { folder } = doctor.people;
    const program = join(folder, 'raw-pkcs11');
    execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-I', headers, '-o', program, source, '-ldl'], { stdio: 'inherit' });
    this.#child = spawn(program, [doctor.softHsm.modulePath, doctor.pin, join(folder, 'synced')], {
      env: { ...process.env, ...doctor.softHsm.environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  sign(count: number): Contender<'raw'> {
    return {
      name: 'raw',
      run: async () => {
        const [nanoseconds, signature] = await this.#ask(`sign ${count}`);
        this.#check(signature);
        return nanoseconds;
      },
    };
  }

  sync(count: number): Contender<'sync'> {
    return { name: 'sync', run: async () => (await this.#ask(`sync ${count}`))[0] };
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }

  async #ask(command: string): Promise<readonly [nanoseconds: number, signature: string]> {
    this.#child.stdin.write(`${command}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error('the C program has ended');
    const [nanoseconds, signature] = answer.value.split(' ');
    return [Number(nanoseconds), signature ?? ''];
  }

  /** A floor that signs nothing would be no floor. */
  #check(signature: string): void {
    const { publicKey } = new X509Certificate(this.#doctor.people.doctor.certificate.der);
    const block = publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature, 'hex'));
    if (block.length !== 19 + 32) throw new Error('the C program did not sign a DigestInfo');
  }
}
