import type { CardHost } from '../../../src/native/host/card-host.ts';

/** Signs `count` times in sessions of `batch` signatures, as a busy day does. For leak tests and the bench. */
export async function signRepeatedly(host: CardHost, certificateSha256: string, pin: string, count: number, batch = 100): Promise<void> {
  const hash = new Uint8Array(32).fill(1);
  for (let done = 0; done < count; done += batch) {
    const session = await host.holdPin({
      certificateSha256,
      pin: Buffer.from(pin),
      maxSignatures: batch,
      lifetimeMs: 600_000,
      spendLastTries: false,
    });
    for (let i = done; i < Math.min(done + batch, count); i++) await host.sign(session, hash);
    await host.endPinSession(session);
  }
}
