// Tests of Swagger UI in a real browser against the real program: it works, offline, and with a client's key.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { gatewayFor } from './gateway.mjs';
import { behindPrefix } from './prefix-proxy.mjs';
import { start } from './program.mjs';
import { launch, open } from './swagger-page.mjs';

const screenshots = fileURLToPath(new URL('../../target/browser/', import.meta.url));
const timeout = 120_000;
/** The greatest height of an operation that can be executed, in pixels. Fonts differ between machines. */
const tallest = 3_000;
/** The operations that both sites of the sandbox lack. */
const lacking = new Set(['cancel_remote_upload']);
let browser;

before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** Returns the operations of a document, those that delete last: the ids, and the statuses of success. */
async function documented(address) {
  const { paths } = await (await fetch(address)).json();
  const all = Object.values(paths).flatMap(Object.entries);
  const inOrder = [...all.filter(([method]) => method !== 'delete'), ...all.filter(([method]) => method === 'delete')];
  return inOrder.map(([, { operationId: id, responses }]) => (
    { id, success: Number(Object.keys(responses).find((status) => status.startsWith('2'))) }
  ));
}

test('sandbox serves Swagger UI offline and without a key', { timeout }, async (t) => {
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);
  const docs = await open(browser, sandbox.match[1]);

  for (const account of ['pstream-demo', 'streamplay-demo']) {
    const { status, body } = await docs.tryOut('list_folder_items', { account, id: 'root' });
    assert.equal(status, 200);
    assert.ok(JSON.parse(body).items.length > 0, body);
  }
  await mkdir(screenshots, { recursive: true });
  await docs.screenshot(join(screenshots, 'swagger-ui.png'));
  const schemes = await docs.schemes();

  assert.match(schemes.join('\n'), /bearer/i);
  assert.deepEqual(docs.foreign, []);
  assert.deepEqual(docs.errors, []);
});

test('every operation succeeds as it is documented', { timeout: 4 * timeout }, async (t) => {
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);
  const docs = await open(browser, sandbox.match[1]);
  const operations = await documented(new URL('/openapi.json', sandbox.match[1]));

  for (const { id, success } of operations) {
    const { status, height } = await docs.executeAsDocumented(id);
    assert.equal(status, lacking.has(id) ? 422 : success, id);
    assert.ok(height < tallest, `${id} is ${height} pixels high`);
  }

  const shown = await docs.operationIds();
  assert.deepEqual(shown.toSorted(), operations.map(({ id }) => id).toSorted());
  assert.deepEqual(docs.foreign, []);
  assert.equal(docs.errors.length, lacking.size, docs.errors.join('\n'));
});

test('each operation begins with an account that supports it', { timeout }, async (t) => {
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);
  const docs = await open(browser, sandbox.match[1]);
  const offered = ['pstream-demo', 'streamplay-demo'];

  assert.deepEqual(await docs.accounts('get_limits'), { offered, selected: 'streamplay-demo' });
  assert.deepEqual(await docs.accounts('get_thumbnail'), { offered, selected: 'pstream-demo' });
});

test('stream of events that does not end is shown', { timeout }, async (t) => {
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);
  const docs = await open(browser, sandbox.match[1]);

  // This remote upload runs for twenty minutes.
  const { status, body } = await docs.tryOut('watch_events', { remote_upload: '53' });

  assert.equal(status, 200);
  assert.match(body, /event: remote_upload.updated[^]*"state":"running"[^]*: Swagger UI ended the stream/);
});

test('errors are folded and each code has its example', { timeout }, async (t) => {
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);
  const docs = await open(browser, sandbox.match[1]);

  const examples = await docs.errorExamples('get_file', 404);
  await docs.screenshot(join(screenshots, 'swagger-ui-errors.png'));

  assert.deepEqual(examples.map((problem) => problem.code), ['account_not_found', 'file_not_found']);
  for (const problem of examples) assert.equal(problem.status, 404);
});

test('operation that one site lacks is refused there and executed at the other', { timeout }, async (t) => {
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);
  const docs = await open(browser, sandbox.match[1]);

  const limits = await docs.tryOut('get_limits', { account: 'streamplay-demo' });
  await docs.screenshot(join(screenshots, 'swagger-ui-limits.png'));
  const refused = await docs.tryOut('get_limits', { account: 'pstream-demo' });
  const both = await docs.tryOut('list_accounts', {});

  assert.equal(limits.status, 200);
  assert.equal(JSON.parse(limits.body).can_upload, true, limits.body);
  assert.equal(refused.status, 422);
  assert.equal(JSON.parse(refused.body).code, 'capability_unsupported');
  assert.deepEqual(JSON.parse(both.body).items.map((item) => item.dialect), ['openload', 'yetishare']);
  assert.deepEqual(docs.foreign, []);
  assert.equal(docs.errors.length, 1, docs.errors.join('\n'));
  assert.match(docs.errors[0], /422/);
});

test('gateway with clients answers 401 until a key is authorized', { timeout }, async (t) => {
  const key = randomBytes(32).toString('base64url');
  const docs = await open(browser, `${await gatewayFor(t, key)}/docs`);
  const root = { account: 'streamplay-demo', id: 'root' };

  const refused = await docs.tryOut('list_folder_items', root);
  await docs.authorize(key);
  const served = await docs.tryOut('list_folder_items', root);

  assert.equal(refused.status, 401);
  assert.equal(JSON.parse(refused.body).code, 'unauthenticated');
  assert.equal(served.status, 200);
  assert.ok(Array.isArray(JSON.parse(served.body).items), served.body);
  assert.deepEqual(docs.foreign, []);
  // Chromium itself reports every 4xx: of the page, which reads the accounts, and of the operation.
  assert.equal(docs.errors.length, 2, docs.errors.join('\n'));
  for (const error of docs.errors) assert.match(error, /401/);
});

test('authorized key is kept and gives the choice of its accounts', { timeout }, async (t) => {
  const key = randomBytes(32).toString('base64url');
  const docs = await open(browser, `${await gatewayFor(t, key, ['pstream-demo'])}/docs`);

  await docs.authorize(key);
  const authorized = await docs.accounts('get_limits');
  await docs.reload();
  const reloaded = await docs.accounts('get_limits');

  // The example of the document is another account, which this client may not use.
  assert.deepEqual(authorized, { offered: ['pstream-demo'], selected: 'pstream-demo' });
  assert.deepEqual(reloaded, authorized);
});

test('ids of the sandbox are not filled in at another gateway', { timeout }, async (t) => {
  const key = randomBytes(32).toString('base64url');
  const docs = await open(browser, `${await gatewayFor(t, key, ['pstream-demo'])}/docs`);
  const sandbox = await start(['sandbox', '--listen', '127.0.0.1:0'], /Swagger UI +(http:\S+)\n/);
  t.after(sandbox.stop);

  await docs.authorize(key);
  await docs.reload();

  assert.equal(await docs.filledIn('delete_file', 'id'), '');
  assert.equal(await (await open(browser, sandbox.match[1])).filledIn('delete_file', 'id'), '1014');
});

test('Swagger UI works behind a proxy that removes a path prefix', { timeout }, async (t) => {
  const key = randomBytes(32).toString('base64url');
  const proxy = await behindPrefix(t, '/polyhost', await gatewayFor(t, key));

  for (const entry of ['/', '/docs', '/docs/']) {
    const docs = await open(browser, proxy.address + entry);
    await docs.authorize(key);
    const { status, body } = await docs.tryOut('list_folder_items', { account: 'streamplay-demo', id: 'root' });

    assert.equal(docs.path(), '/polyhost/docs/');
    assert.equal(status, 200, body);
    assert.ok(Array.isArray(JSON.parse(body).items), body);
    for (const error of docs.errors) assert.match(error, /401/);
  }
  assert.deepEqual(proxy.missed, []);
});
