import type { SameKeys } from './same-keys.ts';

/** How the agent is, in the tray and on the status page alike. */
export const agentStatesJa = {
  states: {
    ready: '署名できます',
    needs_you: '操作をお待ちしています',
    working: '署名しています',
    problem: '問題があります',
  },
  starting: '起動しています',
} as const;

export const agentStatesEn: SameKeys<typeof agentStatesJa> = {
  states: {
    ready: 'Ready to sign',
    needs_you: 'Waiting for you',
    working: 'Signing',
    problem: 'There is a problem',
  },
  starting: 'Starting',
};
