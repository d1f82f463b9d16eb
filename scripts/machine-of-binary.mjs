/** By the file's own header: the machine a native library is built for. Plain JavaScript, for after-pack.mjs. */

const elfMachines = { 62: 'x64', 183: 'arm64', 3: 'ia32' };
const peMachines = { 0x8664: 'x64', 0xaa64: 'arm64', 0x14c: 'ia32' };
const machMachines = { 0x01000007: 'x64', 0x0100000c: 'arm64' };

/**
 * `linux-x64`, `win32-arm64`, `darwin-arm64` and so on, or null where it is none of these.
 * ELF: e_machine at 18. PE: the offset of its header at 60, Machine behind the signature. Mach-O, 64 bits: cputype at 4.
 * @param {Buffer} bytes
 */
export function machineOfBinary(bytes) {
  if (bytes.length < 64) return null;
  if (bytes.readUInt32BE(0) === 0x7f454c46) return named('linux', elfMachines[bytes.readUInt16LE(18)]);
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return named('darwin', machMachines[bytes.readUInt32LE(4)]);
  if (bytes.readUInt16LE(0) !== 0x5a4d) return null;
  const header = bytes.readUInt32LE(60);
  if (header + 6 > bytes.length || bytes.readUInt32LE(header) !== 0x4550) return null;
  return named('win32', peMachines[bytes.readUInt16LE(header + 4)]);
}

function named(platform, arch) {
  return arch === undefined ? null : `${platform}-${arch}`;
}
