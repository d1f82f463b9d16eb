import type { ErrorCode } from '../../contract/error-codes.ts';
import type { Certificate } from '../../formats/pki/certificate.ts';
import type { Recipe } from './journal.ts';
import type { UnsignedDocument } from './recipe.ts';
import type { ReleasableDocument } from './self-verification.ts';
import type { ProviderAccount } from './staff-bindings.ts';

/** Who signed: the certificate on the card or in the cloud, and what came with it. */
export interface RequestSigner {
  readonly certificate: Certificate;
  /** CA certificates (DER) that a card or a provider brings along; none is trusted by that. */
  readonly chain: readonly Uint8Array[];
  /** Remote signing: whom the provider authenticated. Null for a card. */
  readonly account: ProviderAccount | null;
}

/** What a signer answered for one request, still to be assembled and verified. */
export interface SignedAnswers {
  readonly recipe: Recipe;
  /** The recipe comes from an earlier run, which may have got as far as the audit log. */
  readonly isResumed: boolean;
  readonly documents: readonly UnsignedDocument[];
  readonly signer: RequestSigner;
  /** Signature values or elements, by document id. */
  readonly values: ReadonlyMap<string, Uint8Array>;
  /** Documents of `values` that were verified while the signer worked on the next. */
  readonly verified: ReadonlyMap<string, ReleasableDocument>;
  /** With `partial`: why the rest was not signed. */
  readonly failed: ReadonlyMap<string, ErrorCode>;
  /** The person confirmed that this certificate belongs to this staff member. */
  readonly isFirstUse: boolean;
  /** The person saw the documents in a window; otherwise a toast tells of them. */
  readonly wasShown: boolean;
}
