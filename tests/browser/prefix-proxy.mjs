// A reverse proxy that removes a prefix from the path, as nginx does with `location /polyhost/`.
import { createServer, request } from 'node:http';

/** Starts the proxy in front of `gateway`; it stops when the test `t` ends. Collects the paths outside its prefix. */
export async function behindPrefix(t, prefix, gateway) {
  const missed = [];
  const { hostname, port } = new URL(gateway);
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith(`${prefix}/`)) {
      // Browsers request it unprompted.
      if (incoming.url !== '/favicon.ico') missed.push(incoming.url);
      outgoing.writeHead(404).end();
      return;
    }
    const { method, headers } = incoming;
    const path = incoming.url.slice(prefix.length);
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { address: `http://127.0.0.1:${server.address().port}${prefix}`, missed };
}
