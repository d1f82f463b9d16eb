import type { Agent } from '../agent/agent.ts';
import type { AgentDesktop } from '../agent/agent-desktop.ts';
import type { Prompts, SecretStore } from '../agent/ports.ts';
import { ProblemError } from '../contract/problem.ts';
import { viewAgent, type AgentFacts } from './agent-view.ts';
import type { AgentView } from '../contract/ipc.ts';

/** Starts the agent that this desktop shows: the product, or in tests one over virtual cards. */
export type StartAgent = (parts: { readonly prompts: Prompts; readonly secrets: SecretStore }) => Promise<Agent>;

/** The agent as the windows see it, from before it runs until after it has ended. */
export class DesktopAgent {
  readonly #onChange: (view: AgentView) => void;
  readonly #isAsking: () => boolean;
  #agent: Agent | undefined;
  #facts: Extract<AgentFacts, { phase: 'starting' | 'failed' }> = { phase: 'starting' };

  constructor(isAsking: () => boolean, onChange: (view: AgentView) => void) {
    this.#isAsking = isAsking;
    this.#onChange = onChange;
  }

  /** An agent that cannot start (no free port, a full disk) is a problem to be shown, not the end of the desktop. */
  async start(start: () => Promise<Agent>): Promise<void> {
    try {
      this.#agent = await start();
      this.#agent.desktop.subscribe(() => this.changed());
    } catch (error) {
      this.#facts = { phase: 'failed', code: error instanceof ProblemError ? error.problem.code : 'INTERNAL' };
    }
    this.changed();
  }

  view(): AgentView {
    const agent = this.#agent;
    return viewAgent(agent === undefined ? this.#facts : { phase: 'running', port: agent.port, desktop: agent.desktop, isAsking: this.#isAsking() });
  }

  changed(): void {
    this.#onChange(this.view());
  }

  /** Throws INTERNAL (retriable) while there is no agent. */
  get running(): AgentDesktop {
    if (this.#agent === undefined) throw new ProblemError({ code: 'INTERNAL', detail: null });
    return this.#agent.desktop;
  }

  get isRunning(): boolean {
    return this.#agent !== undefined;
  }

  async close(): Promise<void> {
    await this.#agent?.close();
  }
}
