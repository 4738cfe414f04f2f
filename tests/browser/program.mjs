// Runs the built `polyhost` program for a test: waits for a line of its output, and stops it as an operator would.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = process.env.POLYHOST_BIN ?? fileURLToPath(new URL('../../target/debug/polyhost', import.meta.url));
const patience = 20_000;

/** Starts `polyhost ARGS`. Resolves with the first match of `ready` in its output or log. */
export async function start(args, ready) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => { child.on('exit', resolve); });
  let printed = '';
  const match = new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`polyhost ${args.join(' ')} ${why}; it printed:\n${printed}`));
    const late = setTimeout(() => fail(`did not print ${ready} in ${patience} ms`), patience);
    child.on('error', (error) => { clearTimeout(late); fail(`could not start: ${error.message}`); });
    child.on('exit', (code) => { clearTimeout(late); fail(`ended with ${code}`); });
    const read = (text) => {
      printed += text;
      const found = ready.exec(printed);
      if (found) { clearTimeout(late); resolve(found); }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const late = setTimeout(() => child.kill('SIGKILL'), patience);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(late);
    }
  };
  try {
    return { match: await match, stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
