export function machineOfBinary(bytes: Buffer): string | null;
