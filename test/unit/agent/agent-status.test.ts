import { describe, expect, it } from 'vitest';
import { agentStatus } from '../../../src/agent/agent-status.ts';
import type { RemoteSession } from '../../../src/agent/remote/remote-session.ts';
import { Usage } from '../../../src/agent/signing/usage.ts';
import type { CardStackState } from '../../../src/native/host/card-host.ts';

const problems = (cards: CardStackState, isClockOff = false) =>
  agentStatus({ version: '0', instance: 'i', cards, remote: { provider: null, list: () => [] }, waiting: 0, isClockOff, now: 0 }).problems;
const down = { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'stopped' } as const;

describe('the status', () => {
  it('names what keeps a person from signing, and nothing as long as nobody has looked', () => {
    expect(problems(down)).toEqual(['NO_CARD_SERVICE']);
    expect(problems({ ...down, starting: true })).toEqual([]);
    expect(problems({ service: 'running', readers: [] })).toEqual(['NO_READER']);
    expect(problems({ service: 'running', readers: [{ reader: 'r', state: 'empty' }] })).toEqual(['NO_CARD']);
    expect(problems({ service: 'running', readers: [{ reader: 'r', state: 'empty' }, { reader: 's', state: 'reading' }] })).toEqual([]);
  });

  it('names a clock that is far from a service’s, whatever the cards are', () => {
    expect(problems({ service: 'running', readers: [{ reader: 'r', state: 'reading' }] }, true)).toEqual(['CLOCK_WRONG']);
    expect(problems(down, true)).toEqual(['NO_CARD_SERVICE', 'CLOCK_WRONG']);
  });

  it('tells sessions of remote signing that end within the hour', () => {
    const session = (until: number): RemoteSession => ({
      owner: { clientId: 'c', staffId: 'D1', provider: 'p' }, staffName: '医者', subject: 's', method: 'smartphone', until: new Date(until), usage: new Usage(),
    });
    const { remote } = agentStatus({ version: '0', instance: 'i', cards: down, remote: { provider: 'p', list: () => [session(3_600_000), session(3_600_001)] }, waiting: 0, isClockOff: false, now: 0 });
    expect(remote.sessions.map(({ endsSoon }) => endsSoon)).toEqual([true, false]);
  });
});
