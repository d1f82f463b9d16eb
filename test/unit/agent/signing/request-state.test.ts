import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../../src/agent/signing/request-reasons.ts';
import { advance, initialPhase, isEnded, legalFrom, type Phase, type RequestEvent } from '../../../../src/agent/signing/request-state.ts';

const problem = { code: 'EXPIRED', detail: null } as const;

const phases: readonly Phase[] = [
  { state: 'received' },
  { state: 'awaiting_card', need: 'no_card' },
  { state: 'awaiting_consent', question: 'binding' },
  { state: 'awaiting_pin', refused: false },
  { state: 'awaiting_phone' },
  { state: 'signing', done: 0, total: 2 },
  { state: 'signed' },
  { state: 'failed', problem },
  { state: 'cancelled', problem },
  { state: 'expired', problem },
];

const events: readonly RequestEvent[] = [
  { type: 'card_needed', need: 'other_doctor' },
  { type: 'consent_asked', question: 'card_choice' },
  { type: 'pin_asked', refused: true },
  { type: 'phone_asked' },
  { type: 'signing_began', total: 3 },
  { type: 'document_signed' },
  { type: 'released' },
  { type: 'failed', problem },
  { type: 'cancelled', problem },
  { type: 'expired', problem },
];

const pairs = phases.flatMap((phase) => events.map((event) => [phase.state, event.type, phase, event] as const));

describe('the state of a request', () => {
  it.each(pairs)('%s on %s goes on only where that is legal', (state, type, phase, event) => {
    if (legalFrom[type].includes(state)) expect(advance(phase, event)).not.toBe(phase);
    else expect(() => advance(phase, event)).toThrow(`a request that is ${state} knows no event ${type}`);
  });

  it('never changes again once it has ended', () => {
    const ended = phases.filter(({ state }) => isEnded(state));
    expect(ended).toHaveLength(4);
    expect(Object.values(legalFrom).flat().filter((state) => isEnded(state))).toEqual([]);
  });

  it('reaches signed only through signing', () => {
    expect(legalFrom.released).toEqual(['signing']);
  });

  it('does not expire while the card signs', () => {
    expect(legalFrom.expired).not.toContain('signing');
  });

  it('counts signatures, and never more than there are documents', () => {
    const one = advance({ state: 'signing', done: 0, total: 1 }, { type: 'document_signed' });
    expect(one).toEqual({ state: 'signing', done: 1, total: 1 });
    expect(() => advance(one, { type: 'document_signed' })).toThrow('more signatures than documents');
  });

  it('carries the problem it ended with', () => {
    expect(advance(initialPhase, { type: 'failed', problem })).toEqual({ state: 'failed', problem });
  });

  it('says in both languages why it waits, and nothing once it has ended', () => {
    for (const phase of phases) {
      const reason = reasonOf(phase);
      if (isEnded(phase.state)) expect(reason).toBeNull();
      else expect([reason?.ja, reason?.en].every((text) => (text ?? '').length > 3)).toBe(true);
    }
  });
});
