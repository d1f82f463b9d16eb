import type { ResolvedConfig } from '../config/resolve.ts';
import type { MachinePolicy } from '../config/machine-policy.ts';
import type { DataDirectory } from '../storage/data-directory.ts';
import type { PortFile } from '../storage/port-file.ts';
import type { SecretStore } from '../ports.ts';
import type { ServiceDiagnosis } from '../remote/network/diagnose-service.ts';
import type { CardStackState } from '../../native/host/card-host.ts';
import type { OsLogin } from '../../native/peer/os-login.ts';
import type { AuditVerdict } from '../audit/audit-verifier.ts';

export interface Bilingual {
  readonly ja: string;
  readonly en: string;
}

export interface CheckResult {
  /** Stable, for programs. */
  readonly id: string;
  readonly title: Bilingual;
  readonly status: 'ok' | 'warning' | 'problem' | 'not_applicable';
  readonly details: Bilingual;
  /** One sentence that says what to do; null where nothing is to be done. */
  readonly remedy: Bilingual | null;
}

/** A PKCS#11 module of the policy as its file was found. */
export interface ModuleFinding {
  readonly path: string;
  readonly found: boolean;
  /** Width of the module's code; null where the file is no module. */
  readonly bits: 32 | 64 | null;
}

/** What the checks look at. Everything is read only; nothing presents a PIN. */
export interface DiagnosedParts {
  readonly now: Date;
  readonly config: ResolvedConfig;
  readonly policy: MachinePolicy;
  readonly data: DataDirectory;
  readonly secrets: SecretStore;
  /** Null where the system does not tell it. */
  readonly login: OsLogin | null;
  /** Null where the direct driver is off and no module is set. */
  readonly cards: CardStackState | null;
  readonly modules: readonly ModuleFinding[];
  /** Vendors' signing modules that were found on this machine, whether policy names them or not. */
  readonly installedModules: readonly string[];
  readonly pkcs11Binding: 'built' | 'missing';
  readonly processBits: 32 | 64;
  readonly portFile: PortFile | undefined;
  /** Asks `/health` of the port in the port file and checks the nonce's signature. */
  readonly askHealth: (portFile: PortFile) => Promise<'ours' | 'foreign' | 'silent'>;
  /** Whether each port of the policy's list could be bound now, and the program that keeps it from being. */
  readonly portsFree: () => Promise<readonly { readonly port: number; readonly free: boolean; readonly holder: string | null }[]>;
  readonly anchors: readonly { readonly name: string; readonly sha256: string; readonly notAfter: Date; readonly known: boolean }[];
  /** Roots, certificates and lists that policy names and that do not count. */
  readonly unreadableTrustFiles: readonly { readonly file: string; readonly why: string }[];
  readonly verifyAudit: () => Promise<AuditVerdict>;
  /** Connects to each host of remote signing that policy names. */
  readonly services: () => Promise<readonly ServiceDiagnosis[]>;
}

export type Check = (parts: DiagnosedParts) => Promise<readonly CheckResult[]> | readonly CheckResult[];

/** Builds a result; `remedy` is left out where all is well. */
export function result(
  id: string,
  title: Bilingual,
  status: CheckResult['status'],
  details: Bilingual,
  remedy: Bilingual | null = null,
): CheckResult {
  return { id, title, status, details, remedy };
}
