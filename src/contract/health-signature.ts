const healthPurpose = 'hpki-agent health v1';

/**
 * What the agent signs in `GET /health?nonce=…` (Ed25519, RFC 8032), so that a caller knows that the one on this port
 * is the agent it was paired with and not a squatter or a relay from another port.
 *
 * UTF-8, four lines, each ended by LF: the purpose, the nonce, the port in decimal, the instance. The nonce is
 * 16–128 characters of `A–Z a–z 0–9 _ -` and the instance 32 hex digits, so no field can spill into the next. The caller
 * rebuilds the lines with the port that it *connected to*, never with the one in the answer.
 */
export function healthMessage(nonce: string, port: number, instance: string): string {
  return `${healthPurpose}\n${nonce}\n${port}\n${instance}\n`;
}
