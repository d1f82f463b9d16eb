import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which Linux gives a port to whoever takes any: between the look and the use nobody gets it by chance. */
const range = { first: 20_000, count: 12_000 };

/** A port that is free on all addresses of this machine. */
export async function freePort(): Promise<number> {
  const port = range.first + Math.floor(Math.random() * range.count);
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
  } catch {
    return freePort();
  }
  server.close();
  await once(server, 'close');
  return port;
}
