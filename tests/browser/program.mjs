// Runs the built `polyhost` program for a test: waits for what it prints, and stops it as an operator would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = process.env.POLYHOST_BIN ?? fileURLToPath(new URL('../../target/debug/polyhost', import.meta.url));
const patience = 20_000;

/** Starts `polyhost ARGS`; resolves with the first match of `ready` in its standard output. */
export async function start(args, ready) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => { child.on('exit', resolve); });
  let stdout = '';
  let everything = '';
  child.stderr.on('data', (text) => { everything += text; });
  const match = new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`polyhost ${args.join(' ')} ${why}; it printed:\n${everything}`));
    const late = setTimeout(() => fail(`did not print ${ready} in ${patience} ms`), patience);
    child.on('error', (error) => { clearTimeout(late); fail(`could not start: ${error.message}`); });
    child.on('exit', (code) => { clearTimeout(late); fail(`ended with ${code}`); });
    child.stdout.on('data', (text) => {
      everything += text;
      stdout += text;
      const found = ready.exec(stdout);
      if (found) { clearTimeout(late); resolve(found); }
    });
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await exited;
    }
    return child.exitCode;
  };
  try {
    return { match: await match, stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** A loopback port that was free a moment ago, for a program whose configuration must name one. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when `url` answers 200. */
export async function answers(url) {
  const end = Date.now() + patience;
  for (;;) {
    const status = await fetch(url).then((answer) => answer.status, (error) => error.cause?.code ?? error.message);
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`${url} gives ${status} after ${patience} ms`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}
