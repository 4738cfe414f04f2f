// A gateway as an operator runs it, with one client and its key, in front of a simulated upstream.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { start } from './program.mjs';

/** Starts both, to be stopped when the test `t` ends; gives the gateway's address. */
export async function gatewayFor(t, key) {
  const upstream = await start(
    ['sandbox', '--upstreams-only', '--listen', '127.0.0.1:0'],
    /^base_url +(\S+)\nlogin +(\S+)\nkey +(\S+)\n/m,
  );
  t.after(upstream.stop);
  const [, baseUrl, login, secret] = upstream.match;

  const folder = await mkdtemp(join(tmpdir(), 'polyhost-browser-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'polyhost.toml');
  await writeFile(config, `
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"

[accounts.main]
provider = "pstream"
base_url = "${baseUrl}"
login = "${login}"
key = "${secret}"

[[clients]]
name = "browser"
key_sha256 = "${createHash('sha256').update(key).digest('hex')}"
accounts = ["main"]
scopes = ["read"]
`);

  const gateway = await start(['serve', '--config', config], /"message":"listening","address":"([^"]+)"/);
  t.after(gateway.stop);
  return `http://${gateway.match[1]}`;
}
