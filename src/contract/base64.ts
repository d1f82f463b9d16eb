/** Alphabet of RFC 4648 §4; what stands before the padding may have no set bits behind the last octet (§3.5). */
const canonical = /^[A-Za-z0-9+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/;

/** Padding required, no line breaks: every octet string has exactly one spelling, so equal requests are equal texts. */
export function isCanonicalBase64(text: string): boolean {
  return text.length % 4 === 0 && canonical.test(text);
}
