import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Log } from '../../../../src/agent/log.ts';
import { samplePatient } from '../../../../src/sandbox/samples/prescription.ts';
import { createCast, requestFor, SigningDesk, type Cast } from './signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;

beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

describe('what the agent writes down', () => {
  it('never holds a PIN, a patient, a drug or the 引換番号, in whatever way a request ends', async () => {
    const logged: string[] = [];
    const log: Log = {
      info: (...args) => void logged.push(JSON.stringify(args)),
      warn: (...args) => void logged.push(JSON.stringify(args)),
      error: (...args) => void logged.push(JSON.stringify(args)),
    };
    desk = new SigningDesk(cast, { log });
    const pin = 'CANARY-PIN-7731';
    desk.cards.insert(cast.doctor, pin);
    const typed = ['CANARY-WRONG-1', pin];
    desk.person.pin = () => typed.shift() ?? 'cancelled';
    await desk.sign('CANARY-KEY-1');
    await desk.sign('CANARY-KEY-2');
    desk.person.pin = () => pin;
    desk.cards.beforeSign = () => Promise.reject(new Error(`a fault that quotes ${pin}`));
    await desk.sign('CANARY-KEY-3');
    await desk.stop();

    const files = readdirSync(desk.folder).map((name) => readFileSync(path.join(desk.folder, name), 'utf8'));
    const written = [...files, ...logged].join('\n');
    expect(written).toContain('signature.internal');
    expect(written).toContain('"type":"recipe"');
    expect(written).toContain('signature.released');
    const csv = Buffer.from(requestFor(['x']).documents[0]?.csv ?? []);
    const canaries = [
      'CANARY',
      samplePatient.name,
      samplePatient.kana,
      '髙橋',
      'A1B2C3D4',
      'P000123',
      '12345678',
      'アムロジピン',
      // Ten bytes from the middle of the document, as they would stand in base64 at each alignment.
      ...[0, 1, 2].map((shift) => csv.subarray(300 + shift, 324 + shift).toString('base64').slice(0, 28)),
    ];
    for (const canary of canaries) expect(written).not.toContain(canary);
    desk.start();
  });
});
