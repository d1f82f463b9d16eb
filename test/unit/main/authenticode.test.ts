import { describe, expect, it } from 'vitest';
import { isSignedBy, type RunPowerShell } from '../../../src/main/authenticode.ts';

const publisher = 'CN="試験病院, 情報システム部", C=JP';

describe('a signed update', () => {
  it('is trusted when Windows says so in so many words', async () => {
    expect(await isSignedBy('C:\\a.exe', publisher, () => Promise.resolve('trusted\r\n'))).toBe(true);
  });

  it.each(['', 'refused NotSigned', 'refused HashMismatch', 'TRUSTED', 'trusted trusted', '{"Status":0}', 'trusted: refused UnknownError'])('is refused for any other answer: %j', async (answer) => {
    expect(await isSignedBy('C:\\a.exe', publisher, () => Promise.resolve(answer))).toBe(false);
  });

  it('is refused where PowerShell is forbidden, missing or too slow', async () => {
    expect(await isSignedBy('C:\\a.exe', publisher, () => Promise.reject(new Error('ENOENT')))).toBe(false);
  });

  it('is asked about without a word of it in the command', async () => {
    const seen: Parameters<RunPowerShell>[] = [];
    const file = "C:\\users\\o'brien; calc.exe\\$(evil).exe";
    await isSignedBy(file, publisher, (...args) => {
      seen.push(args);
      return Promise.resolve('trusted');
    });
    const [[args, env] = [[], {}]] = seen;
    expect(env).toEqual({ HPKI_SIGNED_FILE: file, HPKI_PUBLISHER: publisher });
    expect(args.join(' ')).not.toMatch(/evil|試験病院/);
    expect(args.join(' ')).toContain("-ceq $env:HPKI_PUBLISHER");
  });

  it.runIf(process.platform !== 'win32')('is refused here, where there is no Windows to ask', async () => {
    expect(await isSignedBy('/bin/sh', publisher)).toBe(false);
  });
});
