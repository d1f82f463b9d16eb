import koffi from 'koffi';

/** CK_FUNCTION_LIST begins with a two-byte version; PKCS#11 packs structures on Windows and aligns them elsewhere (v2.40 §2.1). */
const initializeAt = process.platform === 'win32' ? 2 : koffi.sizeof('void *');

/**
 * C_Initialize(NULL), the one form that an HPKI module promises (JAHIS 24-002). pkcs11js always passes a structure of
 * zeros instead, which means the same in PKCS#11 but is not what vendors were asked to support. Loading a
 * library twice gives the same instance, so what is initialized here is what pkcs11js then uses.
 */
export function nullInitializer(path: string): () => void {
  const getFunctionList = koffi.load(path).func('C_GetFunctionList', 'ulong', [koffi.out(koffi.pointer('void *'))]);
  const list: unknown[] = [null];
  refuse(getFunctionList(list));
  const initialize: unknown = koffi.decode(list[0], initializeAt, 'void *');
  const prototype = koffi.proto('ulong (void *args)');
  return () => refuse(koffi.call(initialize, prototype, null));
}

/** Errors in the shape of the binding's own, so that cryptoki-error.ts reads both alike. */
function refuse(returned: unknown): void {
  const value = Number(returned);
  if (value !== 0) throw new Error(`CKR_VALUE_${value.toString(16)}:${value}`);
}
