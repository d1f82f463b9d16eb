import { describe, expect, it } from 'vitest';
import { agentStatus } from '../../../src/agent/agent-status.ts';
import type { CardStackState } from '../../../src/native/host/card-host.ts';

const problems = (cards: CardStackState) => agentStatus({ version: '0', instance: 'i', cards, remote: { provider: null, list: () => [] }, waiting: 0, now: 0 }).problems;
const down = { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'stopped' } as const;

describe('the status', () => {
  it('names what keeps a person from signing, and nothing as long as nobody has looked', () => {
    expect(problems(down)).toEqual(['NO_CARD_SERVICE']);
    expect(problems({ ...down, starting: true })).toEqual([]);
    expect(problems({ service: 'running', readers: [] })).toEqual(['NO_READER']);
    expect(problems({ service: 'running', readers: [{ reader: 'r', state: 'empty' }] })).toEqual(['NO_CARD']);
    expect(problems({ service: 'running', readers: [{ reader: 'r', state: 'empty' }, { reader: 's', state: 'reading' }] })).toEqual([]);
  });
});
