import { rmSync } from 'node:fs';
import type { Agent } from '../agent/agent.ts';
import type { AgentDesktop } from '../agent/agent-desktop.ts';
import type { LogOfTries } from '../agent/log-of-tries.ts';
import type { Prompts, SecretStore } from '../agent/ports.ts';
import type { SystemProxy } from '../agent/remote/network/proxy-route.ts';
import type { AgentView } from '../contract/ipc/home.ts';
import { ProblemError } from '../contract/problem.ts';
import { viewAgent, type AgentFacts } from './agent-view.ts';
import { explainStartFailure } from './start-failure.ts';

/** Starts the agent that this desktop shows: the product, or in tests one over virtual cards. */
export type StartAgent = (parts: { readonly prompts: Prompts; readonly secrets: SecretStore; readonly systemProxy: SystemProxy; readonly tries: LogOfTries }) => Promise<Agent>;

export interface DesktopAgentOptions {
  readonly start: () => Promise<Agent>;
  /** Where sealed tokens of an earlier run lie. */
  readonly tokenFile: string;
  readonly isAsking: () => boolean;
  /** What a person should know at any time. */
  readonly notices: () => AgentView['notices'];
  readonly onChange: (view: AgentView) => void;
}

/** A port becomes free, a disk gets room: whoever kept the agent from starting may be gone by then. */
const retryMs = 30_000;

/** The agent as the windows see it, from before it runs until after it has ended. */
export class DesktopAgent {
  readonly #options: DesktopAgentOptions;
  #agent: Agent | undefined;
  #facts: Extract<AgentFacts, { phase: 'starting' | 'failed' }> = { phase: 'starting' };
  #isTrying = false;
  #retry: NodeJS.Timeout | undefined;
  #hasLeft = false;
  #leaving: Promise<unknown> | undefined;
  #isClosed = false;

  constructor(options: DesktopAgentOptions) {
    this.#options = options;
  }

  /**
   * An agent that cannot start (no free port, a full disk) is a problem to be shown, not the end of the desktop. It is
   * tried again from time to time, and when a person says so; does nothing while it runs or starts.
   */
  async start(): Promise<void> {
    if (this.#agent !== undefined || this.#isTrying || this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#isTrying = true;
    this.#facts = { phase: 'starting' };
    this.changed();
    try {
      await this.#take(await this.#options.start());
    } catch (error) {
      this.#facts = { phase: 'failed', problem: explainStartFailure(error) };
      this.#retry = setTimeout(() => void this.start(), retryMs).unref();
    } finally {
      this.#isTrying = false;
    }
    this.changed();
  }

  async #take(agent: Agent): Promise<void> {
    // It may have read tokens before they were removed.
    if (this.#hasLeft) void this.#logOff(agent);
    if (this.#isClosed) {
      await this.#leaving;
      await agent.close();
      return;
    }
    this.#agent = agent;
    agent.desktop.subscribe(() => this.changed());
  }

  view(): AgentView {
    const agent = this.#agent;
    const { isAsking, notices } = this.#options;
    return viewAgent(agent === undefined ? this.#facts : { phase: 'running', port: agent.port, desktop: agent.desktop, isAsking: isAsking() }, notices());
  }

  changed(): void {
    if (!this.#isClosed) this.#options.onChange(this.view());
  }

  /** Throws INTERNAL (retriable) while there is no agent. */
  get running(): AgentDesktop {
    if (this.#agent === undefined) throw new ProblemError({ code: 'INTERNAL', detail: null });
    return this.#agent.desktop;
  }

  get isRunning(): boolean {
    return this.#agent !== undefined;
  }

  /** The person logs off: sealed tokens are gone when this returns; its promise is for what is told outside. */
  loggedOff(): Promise<void> {
    this.#hasLeft = true;
    if (this.#agent !== undefined) return this.#logOff(this.#agent);
    try {
      rmSync(this.#options.tokenFile, { force: true });
    } catch {
      // An agent that still comes up removes it, or says in its log why it cannot.
    }
    return Promise.resolve();
  }

  async #logOff(agent: Agent): Promise<void> {
    const leaving = agent.desktop.loggedOff().catch(() => undefined);
    this.#leaving = Promise.all([this.#leaving, leaving]);
    await this.#leaving;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#leaving;
    await this.#agent?.close();
  }
}
