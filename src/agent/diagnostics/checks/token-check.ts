import { sealingLogon } from '../../tokens/open-token-store.ts';
import { result, type Bilingual, type Check } from '../check.ts';

const title = { ja: 'リモート署名の認証の保管', en: "Remote signing: where a day's authentication lies" };

const inMemory = {
  ja: 'メモリーだけに置きます（ディスクには書きません）。エージェントやPCを再起動すると、医師はもう一度認証します。',
  en: 'In memory alone, never on the disk. After a restart of the agent or the computer a doctor authenticates again.',
};

const notSealed: Readonly<Record<'no_key_store' | 'logon_unknown', { readonly why: Bilingual; readonly remedy: Bilingual }>> = {
  no_key_store: {
    why: { ja: 'OSの鍵ストアを使えないため封印できません。', en: "without the system's key store nothing can be sealed." },
    remedy: {
      ja: 'デスクトップ版を鍵ストアのある環境（LinuxではGNOME KeyringかKWallet）で使うか、ポリシーを remote.keepTokens: memory にしてください。',
      en: 'Run the desktop app where there is a key store (on Linux GNOME Keyring or KWallet), or set the policy remote.keepTokens to memory.',
    },
  },
  logon_unknown: {
    why: {
      ja: 'Windowsから今のログオンの認証IDを得られず、次に使う人のログオンと見分けられないため残せません。',
      en: 'Windows does not tell the authentication ID of this logon, so it could not be told from that of the next person.',
    },
    remedy: {
      ja: 'セキュリティソフトやアプリの実行制限が、エージェントのフォルダーにあるライブラリーの読み込みを止めていないか確かめてください。直せなければ、ポリシーを remote.keepTokens: memory にしてください。',
      en: "See whether security software or application control keeps the libraries in the agent's folder from being loaded. Where that cannot be mended, set the policy remote.keepTokens to memory.",
    },
  },
};

/** Whether a restart ends the doctors' day, as policy wants it and as this machine can. */
export const checkTokens: Check = ({ config: { settings }, secrets, login }) => {
  const { providers, keepTokens } = settings.remote;
  if (providers.length === 0) return [];
  if (keepTokens === 'memory') return [result('remote.tokens', title, 'ok', inMemory)];
  const here = sealingLogon(secrets, login);
  if (typeof here === 'object') {
    return [result('remote.tokens', title, 'ok', { ja: 'OSの鍵ストアの鍵で封印し、再起動のあとも使えます。', en: "Sealed by a key of the operating system's key store; it outlives a restart." })];
  }
  const { why, remedy } = notSealed[here];
  return [
    result(
      'remote.tokens',
      title,
      'warning',
      {
        ja: `ポリシーは封印して残す設定（remote.keepTokens: sealed）ですが、${why.ja}${inMemory.ja}`,
        en: `Policy wants it sealed (remote.keepTokens: sealed), but ${why.en} ${inMemory.en}`,
      },
      remedy,
    ),
  ];
};
