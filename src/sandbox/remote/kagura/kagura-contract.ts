/**
 * Everything about the national platform's interface that is not public, in one place: paths, names of fields, the
 * redirect. What the sandbox does with them follows public descriptions; the names are ours.
 */
export interface KaguraContract {
  readonly authorizationPath: string;
  readonly tokenPath: string;
  readonly revocationPath: string;
  readonly keysPath: string;
  readonly signaturePath: string;
  /** Redirects that the three clients may use. The first is the platform's vendor adapter. */
  readonly redirectUris: readonly string[];
  /** Further parameters of the authorization request, for people's eyes on the phone. */
  readonly display: { readonly facility: string; readonly terminal: string; readonly doctor: 'login_hint' };
  readonly request: {
    /** The ID token. */
    readonly token: string;
    /** Base64 of the SHA-256 of the element that the first reference signs. */
    readonly digest: string;
    /** `prescription` or `dispensing`. */
    readonly documentType: string;
    readonly institutionCode: string;
  };
  readonly answer: { readonly element: string; readonly errorCode: string; readonly errorMessage: string };
  /** What the first reference declares: nothing (inclusive canonicalization) or exclusive canonicalization. */
  readonly reference1: 'inclusive' | 'exclusive';
}

export const sandboxKaguraContract: KaguraContract = {
  authorizationPath: '/kagura/oidc/authorize',
  tokenPath: '/kagura/oidc/token',
  revocationPath: '/kagura/oidc/revoke',
  keysPath: '/kagura/oidc/jwks',
  signaturePath: '/kagura/api/sign',
  redirectUris: ['http://hpkicardless-clientadapter-server:3000/callback'],
  display: { facility: 'facility', terminal: 'terminal', doctor: 'login_hint' },
  request: { token: 'Token', digest: 'Digest', documentType: 'DocumentType', institutionCode: 'MedicalInstitutionCode' },
  answer: { element: 'SignedElement', errorCode: 'ErrorCode', errorMessage: 'ErrorMessage' },
  reference1: 'inclusive',
};

/** The client id chooses the method. */
export const kaguraClientIds = ['FIDO', 'HPKI', 'JPKI'] as const;
