import koffi from 'koffi';
import type { Cryptoki, Handle } from './cryptoki.ts';

/**
 * Two calls with a null pointer that pkcs11js cannot make. Loading a library twice gives the same instance, so what is
 * called here has its effect on what pkcs11js then uses.
 */

/** CK_FUNCTION_LIST begins with a two-byte version; PKCS#11 packs structures on Windows and aligns them elsewhere (v2.40 §2.1). */
const firstFunctionAt = process.platform === 'win32' ? 2 : koffi.sizeof('void *');
/** Places in CK_FUNCTION_LIST (pkcs11f.h). */
const places = { C_Initialize: 0, C_Login: 18 } as const;

/**
 * C_Initialize(NULL), the one form that an HPKI module promises (JAHIS 24-002). pkcs11js always passes a structure of
 * zeros instead, which means the same in PKCS#11 but is not what vendors were asked to support.
 */
export function nullInitializer(path: string): () => void {
  const initialize = functionOf(path, 'C_Initialize');
  const prototype = koffi.proto('ulong (void *args)');
  return () => refuse(koffi.call(initialize, prototype, null), 'C_Initialize');
}

/**
 * C_Login with a NULL PIN: the token has it entered on the keys of its reader (CKF_PROTECTED_AUTHENTICATION_PATH, PKCS#11
 * v2.40 §5.6). pkcs11js wants a string, and an empty one is a PIN of no length. Every other login stays with pkcs11js.
 */
export function withLoginAtReader(path: string, login: Cryptoki['C_Login']): Cryptoki['C_Login'] {
  const atReader = functionOf(path, 'C_Login');
  const prototype = koffi.proto('ulong (ulong session, ulong userType, void *pin, ulong length)');
  return (session, userType, pin) => {
    if (pin === null) refuse(koffi.call(atReader, prototype, numberOf(session), userType, null, 0), 'C_Login');
    else login(session, userType, pin);
  };
}

function functionOf(path: string, name: keyof typeof places): unknown {
  const getFunctionList = koffi.load(path).func('C_GetFunctionList', 'ulong', [koffi.out(koffi.pointer('void *'))]);
  const list: unknown[] = [null];
  refuse(getFunctionList(list), 'C_GetFunctionList');
  return koffi.decode(list[0], firstFunctionAt + places[name] * koffi.sizeof('void *'), 'void *');
}

/** CK_ULONG is as wide as the platform's unsigned long: 4 bytes on Windows, 8 elsewhere. */
function numberOf(handle: Handle): bigint {
  return handle.length === 4 ? BigInt(handle.readUInt32LE()) : handle.readBigUInt64LE();
}

/** Errors in the shape of the binding's own, so that cryptoki-error.ts reads both alike. */
function refuse(returned: unknown, method: string): void {
  const value = Number(returned);
  if (value !== 0) throw Object.assign(new Error(`CKR_VALUE_${value.toString(16)}:${value}`), { method });
}
