import { execFile } from 'node:child_process';

/** Literal paths, because %SystemRoot% and PATH are a user's to change. */
const powershell = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';

/** Both texts come by the environment, so that no quotation mark in them can be read as a command. */
const script =
  "$s = Get-AuthenticodeSignature -LiteralPath $env:HPKI_SIGNED_FILE; if ($s.Status -eq 'Valid' -and $s.SignerCertificate.Subject -ceq $env:HPKI_PUBLISHER) { 'trusted' } else { 'refused ' + $s.Status }";

export type RunPowerShell = (args: readonly string[], env: Readonly<Record<string, string>>) => Promise<string>;

/**
 * Whether Windows trusts a file's Authenticode signature and it names this publisher. electron-updater's own check lets a
 * file pass where PowerShell cannot be run or answers oddly; here everything but the one right answer is a refusal.
 * SECURITY: test/unit/main/authenticode.test.ts
 */
export async function isSignedBy(file: string, publisher: string, run: RunPowerShell = runPowerShell): Promise<boolean> {
  try {
    const answer = await run(['-NoProfile', '-NonInteractive', '-Command', script], { HPKI_SIGNED_FILE: file, HPKI_PUBLISHER: publisher });
    return answer.trim() === 'trusted';
  } catch {
    return false;
  }
}

function runPowerShell(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    // A PSModulePath of PowerShell 7 would hide the modules of this one.
    execFile(powershell, args, { env: { ...process.env, PSModulePath: undefined, ...env }, timeout: 60_000, windowsHide: true }, (error, out) => (error === null ? resolve(out) : reject(new Error('PowerShell', { cause: error }))));
  });
}
