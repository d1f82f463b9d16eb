/** What the specs run on: the model of Electron's API, or Electron itself. */
export type RunsOn = 'model' | 'electron';

export const runsOn: RunsOn = process.env['E2E_RUNS_ON'] === 'electron' ? 'electron' : 'model';
