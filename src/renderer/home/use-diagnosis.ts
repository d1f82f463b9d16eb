import { useEffect, useState } from 'preact/hooks';
import type { CheckView } from '../../contract/ipc/home.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';

export interface Diagnosis {
  readonly state: 'not_run' | 'running' | 'done' | 'failed';
  readonly checks: readonly CheckView[];
  readonly run: () => void;
}

/** Checks arrive one by one, in the order in which they end. */
export function useDiagnosis(agent: PageBridge<'home'>): Diagnosis {
  const [state, setState] = useState<Diagnosis['state']>('not_run');
  const [checks, setChecks] = useState<readonly CheckView[]>([]);
  useEffect(
    () =>
      agent.on('check', (check) => {
        setChecks((before) => [...before, check]);
      }),
    [agent],
  );
  const run = (): void => {
    if (state === 'running') return;
    setState('running');
    setChecks([]);
    agent.invoke('diagnosis.run', undefined).then(
      () => {
        setState('done');
      },
      () => {
        setState('failed');
      },
    );
  };
  return { state, checks, run };
}
