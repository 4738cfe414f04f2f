// Swagger UI as its reader sees it: what a test clicks and reads, and nothing of how the page is built.
import { chromium } from 'playwright-core';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A browser with an empty profile that resolves no name, so that it can reach nothing but loopback. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
}

/** Opens Swagger UI at `url` and waits until it shows the operations. */
export async function open(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1400 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const foreign = [];
  const errors = [];
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && !loopback.has(hostname)) foreign.push(request.url());
  });
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  await page.locator('.swagger-ui .information-container .title').first().waitFor();
  return new SwaggerPage(page, foreign, errors);
}

class SwaggerPage {
  #page;

  constructor(page, foreign, errors) {
    this.#page = page;
    /** The URLs asked of anything but loopback. */
    this.foreign = foreign;
    /** What the console showed as an error. */
    this.errors = errors;
  }

  /** Unfolds an operation, fills its parameters, executes it; gives the status and the body that the page shows. */
  async tryOut(operationId, parameters) {
    const operation = await this.#unfold(operationId);
    const tryItOut = operation.getByRole('button', { name: 'Try it out' });
    if (await tryItOut.isVisible()) await tryItOut.click();
    for (const [name, value] of Object.entries(parameters)) {
      await operation.locator(`[data-param-name="${name}"]`).getByRole('textbox').fill(value);
    }
    const answered = this.#page.waitForResponse((answer) => answer.request().resourceType() === 'fetch');
    await operation.getByRole('button', { name: 'Execute' }).click();
    const status = (await answered).status();
    const live = operation.locator('.live-responses-table .response');
    await live.locator('.response-col_status').getByText(String(status)).waitFor();
    const body = await live.locator('.response-col_description pre').first().innerText();
    return { status, body };
  }

  /** Opens the Authorize dialog and gives its schemes, as text. */
  async schemes() {
    await this.#page.getByRole('button', { name: 'Authorize' }).first().click();
    const schemes = await this.#page.locator('.dialog-ux .auth-container').allInnerTexts();
    await this.#page.locator('.dialog-ux .close-modal').click();
    return schemes;
  }

  /** Gives the key to the dialog's bearer scheme, as a reader would. */
  async authorize(key) {
    await this.#page.getByRole('button', { name: 'Authorize' }).first().click();
    const scheme = this.#page.locator('.dialog-ux .auth-container').filter({ hasText: /http, *bearer/i });
    await scheme.locator('input').fill(key);
    await scheme.getByRole('button', { name: /apply|authorize/i }).click();
    await scheme.getByRole('button', { name: /logout|remove/i }).waitFor();
    await this.#page.locator('.dialog-ux .close-modal').click();
  }

  /** The operations that the page shows, by their ids. */
  async operationIds() {
    for (const tag of await this.#page.locator('.opblock-tag[data-is-open="false"]').all()) await tag.click();
    const blocks = await this.#page.locator('.opblock').all();
    const ids = await Promise.all(blocks.map((block) => block.getAttribute('id')));
    return ids.map((id) => id.split('-').at(-1));
  }

  /** The path of the page's own address. */
  path() {
    return new URL(this.#page.url()).pathname;
  }

  async screenshot(path) {
    await this.#page.screenshot({ path });
  }

  async #unfold(operationId) {
    const operation = this.#page.locator(`.opblock[id$="-${operationId}"]`);
    if (await operation.count() === 0) {
      // Its tag is folded: unfold them all, for an id does not tell which is its own.
      for (const tag of await this.#page.locator('.opblock-tag[data-is-open="false"]').all()) await tag.click();
    }
    await operation.scrollIntoViewIfNeeded();
    if (!await operation.evaluate((block) => block.classList.contains('is-open'))) {
      await operation.locator('.opblock-summary-control').click();
    }
    return operation;
  }
}
