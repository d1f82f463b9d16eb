import type { MessageKey } from '../../contract/messages/messages.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from './button.tsx';

type Topic = 'manual' | 'pairing' | 'remote' | 'locked-card' | 'browser-denied' | 'security';

/** Opens a page of the manual beside the window. */
export function HelpLink({ topic, label }: { readonly topic: Topic; readonly label: MessageKey }) {
  const { t } = useSpeech();
  return (
    <Button
      look="text"
      small
      onPress={() => {
        // Any window's bridge will do: the channel is common to all.
        ask(pageBridge<'pairing'>().invoke('help.open', { topic }));
      }}
    >
      {t(label)}
    </Button>
  );
}
