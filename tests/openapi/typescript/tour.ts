// Lists, uploads, renames, downloads and deletes a file, with the generated client.
import assert from 'node:assert/strict';

import { createClient } from './polyhost/client/index.js';
import { deleteFile, getContent, listFolderItems, updateFile, uploadFile } from './polyhost/index.js';

const account = 'streamplay-demo';
const bytes = new TextEncoder().encode('not really a video');
const client = createClient({
  baseUrl: process.env.POLYHOST_SERVER!,
  auth: process.env.POLYHOST_API_KEY!,
  throwOnError: true,
});

/** Returns the names of all items of the root folder, page by page. */
async function names(): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 3, cursor };
    const { data } = await listFolderItems({ client, path: { account, id: 'root' }, query, throwOnError: true });
    found.push(...data.items.map((item) => item.name));
    cursor = data.next_cursor ?? undefined;
  } while (cursor);
  return found;
}

console.log('listed:', (await names()).join(', '));

const uploaded = await uploadFile({
  client, path: { account }, query: { name: 'tour.mp4' }, body: new Blob([bytes]), throwOnError: true,
});
assert.equal(uploaded.data.size, bytes.length);
console.log('uploaded:', uploaded.data.id, uploaded.data.name);

const path = { account, id: uploaded.data.id };
const renamed = await updateFile({ client, path, body: { name: 'Tour.mp4' }, throwOnError: true });
assert.ok((await names()).includes('Tour.mp4'));
console.log('renamed:', renamed.data.name);

const content = await getContent({ client, path, parseAs: 'arrayBuffer', throwOnError: true });
assert.deepEqual(new Uint8Array(content.data as unknown as ArrayBuffer), bytes);
console.log('downloaded:', bytes.length, 'bytes');

await deleteFile({ client, path, throwOnError: true });
assert.ok(!(await names()).includes('Tour.mp4'));
console.log('deleted:', path.id);

const refused = await updateFile({
  client, path: { account, id: 'no such id' }, body: { name: 'a' }, throwOnError: false,
});
assert.equal(refused.error?.code, 'file_not_found');
console.log('refused:', refused.error.status, refused.error.code);
