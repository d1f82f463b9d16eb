/** Waiting for a state of the smart card service, instead of for time to pass. */
import type { ReaderPresence, SmartCardService, SmartCardServiceState } from '../../src/native/pcsc/smart-card-service.ts';

/** Resolves with the first state, from now on, that the condition holds for. Rejects after 20 s with the state that stands. */
export function untilState(service: SmartCardService, holds: (state: SmartCardServiceState) => boolean): Promise<SmartCardServiceState> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      unsubscribe();
      reject(new Error(`still ${JSON.stringify(service.state())}`));
    }, 20_000);
    const look = (state: SmartCardServiceState): void => {
      if (!holds(state)) return;
      clearTimeout(deadline);
      unsubscribe();
      resolve(state);
    };
    const unsubscribe = service.subscribe(look);
    look(service.state());
  });
}

export function readersOf(state: SmartCardServiceState): readonly ReaderPresence[] {
  return state.service === 'running' ? state.readers : [];
}
