/** Policy of an HPKI signing certificate (電子署名用). */
export const signingPolicy = '1.2.392.100495.1.5.1.1.0.1';
/** Policy of an HPKI authentication certificate for a person [I]: follows the numbering of its CA, no certificate was seen. */
export const authenticationPolicy = '1.2.392.100495.1.5.1.2.0.1';
/** Policies of the CAs themselves. They differ from those of what they issue, so RFC 5280's policy tree does not apply to HPKI. */
export const signingCaPolicy = '1.2.392.100495.1.5.1.1.3.1';
export const authenticationCaPolicy = '1.2.392.100495.1.5.1.2.3.1';
/** Policy of a My Number card's user authentication certificate (JPKI 利用者証明用) [M]: its arc is sure, its last arcs are remembered. */
export const jpkiAuthenticationPolicy = '1.2.392.200149.8.5.1.3.30';
/** Policy of its digital signature certificate (JPKI 署名用). */
export const jpkiSigningPolicy = '1.2.392.200149.8.5.1.1.20';

/** What every policy of the respective PKI begins with. */
export const hpkiArc = '1.2.392.100495.1.5.';
export const jpkiArc = '1.2.392.200149.8.5.';
