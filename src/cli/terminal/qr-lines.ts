/** Black on white (ECMA-48 SGR), whatever the colours of the terminal are: many phones do not read an inverted QR code. */
const blackOnWhite = '\x1b[30;107m';
const asBefore = '\x1b[0m';

/** A QR code as lines of block characters, two rows of modules in each, with the quiet zone that ISO/IEC 18004 asks for. */
export async function qrLines(text: string): Promise<string[]> {
  const { default: qrcode } = await import('qrcode');
  const blocks = await qrcode.toString(text, { type: 'utf8', errorCorrectionLevel: 'M', margin: 4 });
  return blocks.split('\n').map((line) => `${blackOnWhite}${line}${asBefore}`);
}
