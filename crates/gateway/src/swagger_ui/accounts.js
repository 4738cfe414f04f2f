// Offers the caller's accounts as a drop-down list in each operation, instead of the document's example.

/** The time in milliseconds for a request. The operations appear after two of them. */
const TIME_LIMIT = 3_000;

/** Returns the JSON at an address of the gateway; null if the caller may not read it or there is no answer. */
async function read(path, headers) {
  try {
    const signal = AbortSignal.timeout(TIME_LIMIT);
    const answer = await fetch(new URL(path, document.baseURI), { headers, signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Returns the header fields for the keys that were entered in the Authorize dialog. */
function credentials(authorized) {
  const value = (scheme) => authorized?.getIn([scheme, 'value']);
  if (value('bearer')) return { Authorization: `Bearer ${value('bearer')}` };
  return value('api_key') ? { 'X-API-Key': value('api_key') } : {};
}

/** Returns the caller's accounts, each with its name and capabilities. Without access there are none. */
async function accountsOf(headers) {
  const accounts = await read('../v1/accounts', headers);
  // Without a key a second request would fail as well.
  const providers = accounts && await read('../v1/providers', headers);
  const capabilities = Object.fromEntries((providers?.items ?? []).map((it) => [it.id, it.capabilities]));
  return (accounts?.items ?? []).map((it) => ({ name: it.name, capabilities: capabilities[it.provider] ?? {} }));
}

/** Returns the account to begin with: the document's example, or the first account that supports the operation. */
function initial(accounts, capability, example) {
  const supports = (it) => !capability || (it.capabilities[capability] ?? 'unsupported') !== 'unsupported';
  const able = accounts.filter(supports);
  return (able.find((it) => it.name === example) ?? able[0] ?? accounts[0]).name;
}

/**
 * Returns a copy of the document in which the parameter `account` is a choice of these accounts. The ids of the
 * document are objects of the sandbox: elsewhere they are left out, because they could name other objects.
 */
function withChoice(original, accounts) {
  const document = structuredClone(original);
  if (accounts.length === 0) return document;
  const schema = { type: 'string', enum: accounts.map((it) => it.name) };
  for (const operation of Object.values(document.paths ?? {}).flatMap(Object.values)) {
    const inPath = (operation.parameters ?? []).filter((it) => it.in === 'path');
    const account = inPath.find((it) => it.name === 'account');
    if (!account) continue;
    const isSandbox = accounts.some((it) => it.name === account.example);
    account.schema = schema;
    account.example = initial(accounts, operation['x-capability'], account.example);
    if (operation.requestBody) operation.requestBody['x-sandbox'] = isSandbox;
    if (!isSandbox) for (const parameter of inPath.filter((it) => it !== account)) parameter.example = '';
  }
  return document;
}

/** The plugin. It reads the accounts when the document is loaded, and again when the caller's keys change. */
export function AccountChoice() {
  let original;
  let round = 0;
  const show = (system) => { if (original) system.specActions.updateJsonSpec(original); };
  const andShow = (action, system) => (...all) => { action(...all); show(system); };
  return {
    statePlugins: {
      spec: {
        wrapActions: {
          updateJsonSpec: (update, system) => async (document) => {
            original = document;
            round += 1;
            const own = round;
            const accounts = await accountsOf(credentials(system.authSelectors.authorized()));
            // A newer call shows the accounts of newer keys.
            if (own === round) update(withChoice(document, accounts));
          },
        },
      },
      auth: {
        wrapActions: { authorize: andShow, logout: andShow, restoreAuthorization: andShow },
      },
    },
  };
}
