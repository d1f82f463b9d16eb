/**
 * `node --import ./test/electron-host/register.ts out/main/index.js`: makes `electron` the model, for import and
 * require alike. The module it resolves to has no top-level await, so that require takes it too.
 */
import { registerHooks } from 'node:module';

const model = new URL('./electron/index.ts', import.meta.url).href;
const modelInUtilityProcess = new URL('./electron/in-utility-process.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (!/^electron(\/(main|common|utility))?$/.test(specifier)) return next(specifier, context);
    const isUtility = (process as { type?: string }).type === 'utility';
    return { url: isUtility ? modelInUtilityProcess : model, format: 'module-typescript', shortCircuit: true };
  },
});
