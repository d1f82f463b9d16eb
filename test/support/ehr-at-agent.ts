/** The sample EHR in front of a running agent. */
import { AgentProblem, sign, type DocumentForSignature, type PairedAgent, type SignedAnswer, type StaffMember } from '../../src/sandbox/ehr/ehr-client.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { ehrToken, type RunningAgent } from './running-agent.ts';

export function pairedWith(agent: RunningAgent): PairedAgent {
  return { port: agent.port, token: ehrToken, publicKey: agent.agent.publicKey };
}

const sampleDocument: DocumentForSignature = { id: 'rx-1', type: 'prescription', csv: samplePrescriptionCsv() };

/** As an EHR does it: proof of the agent, post, wait. */
export function signAt(agent: RunningAgent, staff: StaffMember, key = agent.newKey(), document = sampleDocument): Promise<SignedAnswer> {
  return sign(pairedWith(agent), staff, [document], key);
}

/** What an EHR branches on when it got no signature. */
export async function problemOf(answer: Promise<unknown>): Promise<{ readonly code: string; readonly retriable: boolean }> {
  const error: unknown = await answer.then(
    () => new Error('it was signed'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AgentProblem)) throw error;
  const { code, retriable } = error;
  return { code, retriable };
}
