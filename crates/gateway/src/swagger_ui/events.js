// Makes streams of events readable in Swagger UI, which shows a response only when it is complete.

/** The time in milliseconds after which a stream of events is shown as far as it has arrived. */
const LIMIT = 5_000;

const NOTE = `: Swagger UI ended the stream after ${LIMIT / 1000} seconds. Use curl -N to follow it.\n`;

const BROKEN = ': The connection ended before the stream.\n';

/** Fetches like `fetch`, and ends a stream of server-sent events after the limit. */
export async function limited(url, options) {
  const answer = await fetch(url, options);
  if (!answer.body || !answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer;
  const { status, statusText, headers } = answer;
  return new Response(await beginning(answer.body), { status, statusText, headers });
}

/** Returns the text that arrives within the limit. */
async function beginning(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const late = new Promise((resolve) => { setTimeout(resolve, LIMIT, { value: NOTE, done: true }); });
  let text = '';
  const next = () => reader.read().catch(() => ({ value: BROKEN, done: true }));
  for (;;) {
    const { value, done } = await Promise.race([next(), late]);
    text += value ?? '';
    if (done) {
      reader.cancel();
      return text;
    }
  }
}
