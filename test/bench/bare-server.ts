/** The least that an HTTP server in a process of its own can do: read a body, answer so many bytes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = Buffer.alloc(Number(process.argv[2]), 'x');
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(201, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume();
process.stdin.once('end', () => process.exit());
