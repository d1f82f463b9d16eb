import type { Check, CheckResult, DiagnosedParts } from './check.ts';
import { checkAnchors } from './checks/anchor-checks.ts';
import { checkCards } from './checks/card-checks.ts';
import { checkPolicy } from './checks/configuration-checks.ts';
import { checkModules } from './checks/module-checks.ts';
import { checkNetwork } from './checks/network-checks.ts';
import { checkPort } from './checks/port-check.ts';
import { checkStorage } from './checks/storage-checks.ts';
import { checkTokens } from './checks/token-check.ts';

const checks: readonly Check[] = [checkPolicy, checkStorage, checkPort, checkModules, checkCards, checkAnchors, checkNetwork, checkTokens];

/** Runs every check in the order in which a person would look, handing each result over as it comes. */
export async function* diagnose(parts: DiagnosedParts): AsyncGenerator<CheckResult> {
  for (const check of checks) yield* await check(parts);
}
