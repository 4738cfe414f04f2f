// A page object of Swagger UI: what a test clicks and reads, without the page's inner structure.
import { chromium } from 'playwright-core';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Launches a browser with an empty profile. It resolves no host name, so that it can only reach loopback addresses. */
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

/** Opens Swagger UI at `url`, and waits until it shows the operations. */
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
  await page.locator('.swagger-ui .opblock').first().waitFor();
  return new SwaggerPage(page, foreign, errors);
}

class SwaggerPage {
  #page;

  constructor(page, foreign, errors) {
    this.#page = page;
    /** The requested URLs outside loopback. */
    this.foreign = foreign;
    /** The errors of the console. */
    this.errors = errors;
  }

  /** Unfolds an operation, fills its parameters and executes it. Returns the status and body that the page shows. */
  async tryOut(operationId, parameters) {
    const operation = await this.#prepare(operationId);
    for (const [name, value] of Object.entries(parameters)) {
      const row = operation.locator(`[data-param-name="${name}"]`);
      const choice = row.getByRole('combobox');
      if (await choice.count() > 0) await choice.selectOption(value);
      else await row.getByRole('textbox').fill(value);
    }
    const { status, live } = await this.#execute(operation);
    const body = await live.locator('.response-col_description pre').first().innerText();
    return { status, body };
  }

  /** Unfolds an operation and executes it as it is documented. Returns the status, and the height before. */
  async executeAsDocumented(operationId) {
    const operation = await this.#prepare(operationId);
    const { height } = await operation.boundingBox();
    const { status } = await this.#execute(operation);
    await this.#fold(operation);
    return { status, height };
  }

  /** Returns the accounts that an operation offers, and the selected one. */
  async accounts(operationId) {
    const operation = await this.#prepare(operationId);
    const choice = operation.locator('[data-param-name="account"]').getByRole('combobox');
    await choice.waitFor();
    const accounts = { offered: await choice.locator('option').allInnerTexts(), selected: await choice.inputValue() };
    await this.#fold(operation);
    return accounts;
  }

  /** Returns the text that an operation's field for a parameter begins with. */
  async filledIn(operationId, parameter) {
    const operation = await this.#prepare(operationId);
    await operation.locator('[data-param-name="account"]').getByRole('combobox').waitFor();
    const text = await operation.locator(`[data-param-name="${parameter}"]`).getByRole('textbox').inputValue();
    await this.#fold(operation);
    return text;
  }

  /** Unfolds the errors of an operation and one status among them. Returns the examples of the status. */
  async errorExamples(operationId, status) {
    const operation = await this.#unfold(operationId);
    await operation.locator('.polyhost-errors > summary').click();
    const errors = operation.locator('.polyhost-status').filter({ hasText: new RegExp(`^${status}`) });
    await errors.locator('summary').click();
    await errors.locator('pre').first().waitFor();
    const examples = await errors.locator('pre').allInnerTexts();
    return examples.map((text) => JSON.parse(text));
  }

  /** Opens the Authorize dialog, and returns its schemes as text. */
  async schemes() {
    await this.#page.getByRole('button', { name: 'Authorize' }).first().click();
    const schemes = await this.#page.locator('.dialog-ux .auth-container').allInnerTexts();
    await this.#page.locator('.dialog-ux .close-modal').click();
    return schemes;
  }

  /** Enters the key for the dialog's bearer scheme, as a reader would. */
  async authorize(key) {
    await this.#page.getByRole('button', { name: 'Authorize' }).first().click();
    const scheme = this.#page.locator('.dialog-ux .auth-container').filter({ hasText: /http, *bearer/i });
    await scheme.locator('input').fill(key);
    // The last of the requests by which the page reads the accounts anew.
    const read = this.#page.waitForResponse((answer) => answer.url().endsWith('/v1/providers'));
    await scheme.getByRole('button', { name: /apply|authorize/i }).click();
    await scheme.getByRole('button', { name: /logout|remove/i }).waitFor();
    await read;
    await this.#page.locator('.dialog-ux .close-modal').click();
  }

  /** Loads the page again. */
  async reload() {
    await this.#page.reload();
    await this.#page.locator('.swagger-ui .opblock').first().waitFor();
  }

  /** Returns the ids of the operations that the page shows, in its order. */
  async operationIds() {
    for (const tag of await this.#page.locator('.opblock-tag[data-is-open="false"]').all()) await tag.click();
    const blocks = await this.#page.locator('.opblock').all();
    const ids = await Promise.all(blocks.map((block) => block.getAttribute('id')));
    return ids.map((id) => id.split('-').at(-1));
  }

  /** Returns the path of the page's own address. */
  path() {
    return new URL(this.#page.url()).pathname;
  }

  async screenshot(path) {
    await this.#page.screenshot({ path });
  }

  /** Unfolds an operation, and makes its parameters editable. */
  async #prepare(operationId) {
    const operation = await this.#unfold(operationId);
    const tryItOut = operation.getByRole('button', { name: 'Try it out' });
    const execute = operation.getByRole('button', { name: 'Execute' });
    // The page renders an unfolded operation later than it marks it as open.
    await tryItOut.or(execute).waitFor();
    if (await tryItOut.isVisible()) await tryItOut.click();
    await execute.waitFor();
    return operation;
  }

  async #execute(operation) {
    const answered = this.#page.waitForResponse((answer) => answer.request().resourceType() === 'fetch');
    await operation.getByRole('button', { name: 'Execute' }).click();
    const status = (await answered).status();
    const live = operation.locator('.live-responses-table .response');
    await live.locator('.response-col_status').getByText(String(status)).waitFor();
    return { status, live };
  }

  async #fold(operation) {
    await operation.locator('.opblock-summary-control').click();
  }

  async #unfold(operationId) {
    const operation = this.#page.locator(`.opblock[id$="-${operationId}"]`);
    if (await operation.count() === 0) {
      // The operation's tag is folded. Unfold all tags, because an id does not contain its tag.
      for (const tag of await this.#page.locator('.opblock-tag[data-is-open="false"]').all()) await tag.click();
    }
    await operation.scrollIntoViewIfNeeded();
    if (!await operation.evaluate((block) => block.classList.contains('is-open'))) {
      await operation.locator('.opblock-summary-control').click();
    }
    return operation;
  }
}
