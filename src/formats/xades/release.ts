import { stopsNesting } from './checks.ts';
import type { VerificationCheck, VerificationReport } from './report.ts';

/**
 * What forbids handing out a document that was just signed here. A missing issuer or CRL does not (releasing needs no network),
 * nor what a nested prescription's own gate lets pass. Empty where it may be handed out.
 */
export function releaseObstacles(report: VerificationReport): readonly VerificationCheck[] {
  return [...report.checks.filter(({ verdict }) => verdict === 'INVALID'), ...(report.nested?.checks.filter(stopsNesting) ?? [])];
}
