import { expect, it } from 'vitest';
import { findClientInLsof } from '../../../../src/native/peer/macos-lsof.ts';

const connection = { localAddress: '127.0.0.1', localPort: 17090, remoteAddress: '127.0.0.1', remotePort: 50000 };

/** In the form that lsof(8) describes under "OUTPUT FOR OTHER PROGRAMS". */
const output = [
  'p700', 'u501', 'f21', 'n127.0.0.1:17090->127.0.0.1:50000',
  'p812', 'u502', 'f7', 'n127.0.0.1:50000->127.0.0.1:443', 'f9', 'n127.0.0.1:50000->127.0.0.1:17090',
  'p900', 'u503', 'f4', 'n[::1]:50001->[::1]:17090', '',
].join('\n');

it('lsof\'s output names the process whose socket points to ours, not our own', () => {
  expect(findClientInLsof(output, connection)).toEqual({ pid: 812, uid: 502 });
  expect(findClientInLsof(output, { localAddress: '::1', localPort: 17090, remoteAddress: '::1', remotePort: 50001 })).toEqual({ pid: 900, uid: 503 });
});

it('lsof\'s output without that socket names nobody', () => {
  expect(findClientInLsof(output, { ...connection, remotePort: 50002 })).toBeUndefined();
  expect(findClientInLsof('', connection)).toBeUndefined();
});
