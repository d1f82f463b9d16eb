// エージェントにつながらない理由を見分ける（httpsのEHRページで）/ Why a page cannot reach the agent.
// 返り値 / returns: 'ready' | 'insecure_page' | 'denied' | 'prompt' | 'not_running'
export async function checkAgent(ports = [17090, 17091, 17092, 17093, 17094, 17095, 17096, 17097, 17098, 17099]) {
  if (!window.isSecureContext) return 'insecure_page'; // httpの院内ページからは接続できない
  for (const port of ports) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/health`, { targetAddressSpace: 'loopback' });
      if ((await answer.json()).name === 'hpki-agent') return 'ready';
    } catch {
      // 届かなかった: 理由は下で見分ける
    }
  }
  // PC自身のページ（開発中など）に許可は要らない / a page from this PC itself needs no permission
  if (['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)) return 'not_running';
  for (const name of ['loopback-network', 'local-network-access']) {
    const permission = await navigator.permissions.query({ name }).catch(() => undefined); // 名前は版による
    if (permission !== undefined && permission.state !== 'granted') return permission.state;
  }
  return 'not_running';
}
