// Starts a gateway with one client and its key, in front of the simulated sites.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { start } from './program.mjs';

/** Starts both, and stops them when the test `t` ends. The client may use these accounts. Returns the gateway's URL. */
export async function gatewayFor(t, key, ofClient = ['pstream-demo', 'streamplay-demo']) {
  // The sandbox prints a comment line, and then the tables of its accounts.
  const upstream = await start(
    ['sandbox', '--upstreams-only', '--listen', '127.0.0.1:0'],
    /^\[accounts\.pstream-demo\]\n[^]*?^key2 = .*\n/m,
  );
  t.after(upstream.stop);
  const [accounts] = upstream.match;

  const folder = await mkdtemp(join(tmpdir(), 'polyhost-browser-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'polyhost.toml');
  await writeFile(config, `
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"

${accounts}
[[clients]]
name = "browser"
key_sha256 = "${createHash('sha256').update(key).digest('hex')}"
accounts = ${JSON.stringify(ofClient)}
scopes = ["read"]
`);

  const gateway = await start(['serve', '--config', config], /"message":"listening","address":"([^"]+)"/);
  t.after(gateway.stop);
  return `http://${gateway.match[1]}`;
}
