import { addAnchors } from './commands/anchors.ts';
import { addAudit } from './commands/audit.ts';
import { addConfig } from './commands/config.ts';
import { addDoctor } from './commands/doctor.ts';
import { addNetwork } from './commands/network.ts';
import { addPair } from './commands/pair.ts';
import { addReaders } from './commands/readers.ts';
import { addServe } from './commands/serve.ts';
import { addSession } from './commands/session.ts';
import { addSign } from './commands/sign.ts';
import { addStaff } from './commands/staff.ts';
import { addStatus } from './commands/status.ts';
import { addVerify } from './commands/verify.ts';
import type { AddCommand } from './program.ts';

/** What the installed program offers, in the order of `--help`. */
export const productCommands: readonly AddCommand[] = [
  addServe,
  addPair,
  addSign,
  addVerify,
  addStatus,
  addSession,
  addReaders,
  addDoctor,
  addStaff,
  addAnchors,
  addNetwork,
  addAudit,
  addConfig,
];
