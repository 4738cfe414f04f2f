// A gateway as an operator runs it, with one client and its key, in front of a simulated upstream.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { answers, freePort, start } from './program.mjs';

/** Starts both, to be stopped when the test `t` ends; gives the gateway's address. */
export async function gatewayFor(t, key) {
  const upstream = await start(
    ['sandbox', '--upstreams-only', '--listen', '127.0.0.1:0'],
    /base_url\W+(http:[^"\s]+)[^]*?login\W+([^"\s]+)[^]*?key\W+([^"\s]+)/,
  );
  t.after(upstream.stop);
  const [, baseUrl, login, secret] = upstream.match;
  const [listen, adminListen] = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);

  const folder = await mkdtemp(join(tmpdir(), 'polyhost-browser-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'polyhost.toml');
  await writeFile(config, `
[server]
listen = "${listen}"
admin_listen = "${adminListen}"

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

  const gateway = await start(['serve', '--config', config], /^/);
  t.after(gateway.stop);
  await answers(`http://${listen}/readyz`);
  return `http://${listen}`;
}
