import { canSeal } from '../../tokens/open-token-store.ts';
import { result, type Check } from '../check.ts';

const title = { ja: 'リモート署名の認証の保管', en: "Remote signing: where a day's authentication lies" };

const inMemory = {
  ja: 'メモリーだけに置きます（ディスクには書きません）。エージェントやPCを再起動すると、医師はもう一度認証します。',
  en: 'In memory alone, never on the disk. After a restart of the agent or the computer a doctor authenticates again.',
};

/** Whether a restart ends the doctors' day, as policy wants it and as this machine can. */
export const checkTokens: Check = ({ config: { settings }, secrets }) => {
  const { providers, keepTokens } = settings.remote;
  if (providers.length === 0) return [];
  if (keepTokens === 'memory') return [result('remote.tokens', title, 'ok', inMemory)];
  if (canSeal(secrets)) {
    return [result('remote.tokens', title, 'ok', { ja: 'OSの鍵ストアの鍵で封印し、再起動のあとも使えます。', en: "Sealed by a key of the operating system's key store; it outlives a restart." })];
  }
  return [
    result(
      'remote.tokens',
      title,
      'warning',
      {
        ja: `ポリシーは封印して残す設定（remote.keepTokens: sealed）ですが、OSの鍵ストアを使えないため封印できません。${inMemory.ja}`,
        en: `Policy wants it sealed (remote.keepTokens: sealed), but without the system's key store nothing can be sealed. ${inMemory.en}`,
      },
      {
        ja: 'デスクトップ版を鍵ストアのある環境（LinuxではGNOME KeyringかKWallet）で使うか、ポリシーを remote.keepTokens: memory にしてください。',
        en: 'Run the desktop app where there is a key store (on Linux GNOME Keyring or KWallet), or set the policy remote.keepTokens to memory.',
      },
    ),
  ];
};
