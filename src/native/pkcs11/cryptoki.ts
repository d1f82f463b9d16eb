/**
 * The part of PKCS#11 that an HPKI module promises (JAHIS 24-002): 21 functions, of which these are the ones
 * that JavaScript calls; C_GetFunctionList is called while loading, C_FindObjects* stand as three.
 * The shapes are those of pkcs11js, the binding under graphene-pk11. No C_WaitForSlotEvent, C_Verify, C_Digest,
 * no public-key objects, no read-write session: a module may end the process when one is called.
 */
export type Handle = Buffer;

export interface Attribute {
  readonly type: number;
  readonly value?: Buffer | number | boolean | string;
}

export interface Cryptoki {
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetSlotInfo(slot: Handle): { readonly slotDescription: string };
  C_GetTokenInfo(slot: Handle): { readonly flags: number };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_GetSessionInfo(session: Handle): { readonly state: number };
  /** Null where the token takes the PIN by a path of its own, which pkcs11js cannot say: see null-arguments.ts. */
  C_Login(session: Handle, userType: number, pin: string | null): void;
  C_Logout(session: Handle): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, max: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Attribute[]): { readonly type: number; readonly value: unknown }[];
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number; readonly parameter: null }, key: Handle): void;
  C_Sign(session: Handle, data: Buffer, signature: Buffer): Buffer;
}

/** Numbers of PKCS#11 v2.40 (pkcs11t.h). */
export const CKF_SERIAL_SESSION = 0x4;
/** In CK_TOKEN_INFO.flags: "the PIN can be entered without an application", on a reader's keys. */
export const CKF_PROTECTED_AUTHENTICATION_PATH = 0x100;
export const CKU_USER = 1;
export const CKU_CONTEXT_SPECIFIC = 2;
export const CKO_CERTIFICATE = 1;
export const CKO_PRIVATE_KEY = 3;
export const CKA_CLASS = 0x0;
export const CKA_LABEL = 0x3;
export const CKA_VALUE = 0x11;
export const CKA_MODULUS = 0x120;
export const CKA_PUBLIC_EXPONENT = 0x122;
export const CKM_RSA_PKCS = 0x1;
/** Session states in which a user is logged in: CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS. */
export const loggedInStates: ReadonlySet<number> = new Set([1, 3]);
