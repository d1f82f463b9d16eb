/** The two ends of an accepted connection; a `net.Socket` is one. */
export interface PeerConnection {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export type PeerOwner =
  /** `program` is the path of the program at the other end, where the platform tells: a label, never authority. */
  | { readonly owner: 'self'; readonly program: string | null }
  | { readonly owner: 'other'; readonly user: string; readonly program: string | null }
  | { readonly owner: 'unknown' };

/** Who is at the other end of a loopback connection. Asked once per connection. */
export interface PeerPort {
  ownerOf(connection: PeerConnection): Promise<PeerOwner>;
  /** Whether another person is logged on to this machine now (terminal server, fast user switching). */
  othersLoggedOn(): Promise<boolean>;
}

export type PeerVerdict =
  | { readonly admitted: true; readonly program: string | null }
  | { readonly admitted: false };

/**
 * SECURITY: another user's program must not reach this user's card. An unknown owner passes only where nobody else is
 * logged on; a failing lookup counts as unknown. test/attacks/row-07-other-user.test.ts
 */
export async function judgePeer(
  port: PeerPort,
  connection: PeerConnection,
  otherUsers: readonly string[],
): Promise<PeerVerdict> {
  const peer = await port.ownerOf(connection).catch((): PeerOwner => ({ owner: 'unknown' }));
  switch (peer.owner) {
    case 'self':
      return { admitted: true, program: peer.program };
    case 'other':
      return otherUsers.includes(peer.user) ? { admitted: true, program: peer.program } : { admitted: false };
    case 'unknown': {
      const others = await port.othersLoggedOn().catch(() => true);
      return others ? { admitted: false } : { admitted: true, program: null };
    }
  }
}
