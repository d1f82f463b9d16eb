import { authenticationPolicy, jpkiAuthenticationPolicy } from '../../../formats/pki/policies.ts';
import type { TestCa } from '../../ca/test-ca.ts';
import type { TestJpkiCa } from '../../ca/test-jpki-ca.ts';
import type { CardAuthority } from './card-assertion.ts';

/** HPKI's authentication certificates of one test CA. */
export function hpkiAuthority(ca: TestCa): CardAuthority {
  return { method: 'HPKI', root: ca.root.certificate, chain: [ca.authentication.certificate], policies: [authenticationPolicy], crls: ca.crls() };
}

/** Authentication certificates of My Number cards. Whose they are is a matter of enrolment. */
export function jpkiAuthority(ca: TestJpkiCa): CardAuthority {
  return { method: 'JPKI', root: ca.authentication.certificate, chain: [], policies: [jpkiAuthenticationPolicy], crls: [ca.crl()] };
}
