import type { VirtualCard } from '../../sandbox/cards/virtual-card.ts';
import type { connectToVpcd, VpcdConnection } from '../../sandbox/cards/vpcd-connection.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import type { ControlledReader } from './card-controls.ts';

export interface VpcdReader extends ControlledReader {
  /** Resolves when pcscd, not we, has ended the connection for good. */
  readonly serviceGone: Promise<void>;
}

/** One of pcscd's virtual readers (vpcd). A card that a fault has pulled may be inserted again. */
export function vpcdReader(port: number, connect: typeof connectToVpcd): VpcdReader {
  let inserted: { readonly card: VirtualCard; readonly connection: VpcdConnection } | undefined;
  const { promise: serviceGone, resolve } = Promise.withResolvers<undefined>();
  return {
    serviceGone,
    async insert(card) {
      const connection = await connect(card, { port }).catch((error: unknown) => {
        throw noVpcd(port, error);
      });
      const now = { card, connection };
      inserted = now;
      void connection.removed.then(() => {
        if (inserted === now && !card.pulled) resolve(undefined);
      });
    },
    async remove() {
      const before = inserted;
      inserted = undefined;
      await before?.connection.remove();
    },
  };
}

function noVpcd(port: number, cause: unknown): CommandFailure {
  return new CommandFailure(
    {
      ja: `ポート${port}にvpcdがいません。pcscd と vsmartcard-vpcd を導入し、pcscd を起動してください。`,
      en: `No vpcd waits on port ${port}. Install pcscd and vsmartcard-vpcd, and start pcscd.`,
    },
    exitCodes.failed,
    { cause },
  );
}
