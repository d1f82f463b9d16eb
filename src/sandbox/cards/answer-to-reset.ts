/** Historical bytes that some HPKI cards answer. Programs must not identify a card by them. */
const historicalBytes = [0x00, 0x4e, 0x00, 0x00, 0xf7, 0x81, 0xd1, 0x00] as const;

/** ATR (ISO/IEC 7816-3 §8): direct convention, T=1 only, historical bytes, check byte. */
export function answerToReset(): Uint8Array {
  const td1T1 = 0x81;
  const td2T1 = 0x31;
  const ta3Ifsc = 0xfe;
  const tb3Waiting = 0x45;
  const afterTs = [0x80 | historicalBytes.length, td1T1, td2T1, ta3Ifsc, tb3Waiting, ...historicalBytes];
  const check = afterTs.reduce((sum, byte) => sum ^ byte, 0);
  return Uint8Array.of(0x3b, ...afterTs, check);
}
