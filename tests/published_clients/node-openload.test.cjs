// Tests the published client `node-openload` at the simulated pstream.net, with each call that pstream.net documents.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const CLIP = join(__dirname, '../fixtures/clip.mp4');
const BYTES = readFileSync(CLIP);
const SHA1 = createHash('sha1').update(BYTES).digest('hex');
const FILMS = '4248';
const SEEDED_FILE = 'HhszB1ewMteF';

const account = process.env.POLYHOST_ACCOUNTS.match(/^\[accounts\.pstream-demo\]\n(?:.+\n)+/m)[0];
const setting = (name) => account.match(new RegExp(`^${name} = "(.*)"$`, 'm'))[1];

// The client has the address of Openload's API as a constant, so its requests are redirected.
const got = require('got');
const here = (url) => url.replace('https://api.openload.co/1', setting('base_url'));
const redirected = (url, options) => got(here(url), options);
redirected.post = (url, options) => got.post(here(url), options);
require.cache[require.resolve('got')].exports = redirected;
const openload = require('node-openload');

const client = openload({ api_login: setting('login'), api_key: setting('key') });

test('account info has the id', async () => {
  assert.equal((await client.getAccountInfo()).extid, 'fnvjeof4815f');
});

test('wrong key is denied', async () => {
  const denied = openload({ api_login: setting('login'), api_key: 'wrong' });
  await assert.rejects(denied.getAccountInfo(), /Error 403/);
});

test('uploaded buffer is listed and deleted', async () => {
  const upload = { file: BYTES, filename: 'node.mp4', contentType: 'video/mp4', folder: FILMS };
  const { id, sha1 } = await client.upload(upload);
  assert.equal(sha1, SHA1);
  assert.equal((await client.listFolder(FILMS)).files[id].sha1, SHA1);
  assert.equal((await client.getFileInfo(`${id}, nowhere`))[id].size, BYTES.length);
  assert.match(await client.getSplashImage(id), /\.jpg$/);
  assert.deepEqual(await client.deleteFile([id]), [true]);
  assert.equal((await client.getFileInfo(id))[id].status, 404);
});

test('upload by path is refused for its digest', async () => {
  // The client declares the digest of the path instead of the digest of the file.
  const before = Object.keys((await client.listFolder(FILMS)).files);
  assert.equal(await client.upload({ file: CLIP, folder: FILMS }), false);
  assert.deepEqual(Object.keys((await client.listFolder(FILMS)).files), before);
});

test('remote upload is listed', async () => {
  const { id } = await client.remoteUpload({ url: 'http://example.com/clip.mp4', folder: FILMS });
  assert.equal((await client.remoteUploadStatus({ id }))[id].folderid, FILMS);
  assert.ok(id in (await client.remoteUploadStatus({ limit: 100 })));
});

test('operation that only Openload has is missing', async () => {
  await assert.rejects(client.getDownloadTicket(SEEDED_FILE));
});
