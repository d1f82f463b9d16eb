import { callersLanguage } from './language.ts';
import { tooOld } from './node-version.ts';

// The installed program. It has no sandbox: see development.ts. All else is imported only when this Node can read it.
const refusal = tooOld(process.versions.node);
if (refusal === null) await import('./run-product.ts');
else {
  process.stderr.write(`hpki-agent: ${refusal[callersLanguage()]}\n`);
  process.exitCode = 1;
}
