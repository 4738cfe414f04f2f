// Starts Swagger UI with the plugins of Polyhost. All addresses are relative, for proxies that remove a path prefix.
import { AccountChoice } from './accounts.js';
import { FoldedErrors } from './errors.js';
import { limited } from './events.js';
import { SampleFiles } from './files.js';
import { EmptyParameters } from './parameters.js';

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

// Within a tag: first the operations that read, then those that create, change and delete. Operations with the same
// method keep the order of the document.
const methods = ['get', 'head', 'post', 'patch', 'delete'];
const inOrderOfUse = (one, other) => methods.indexOf(one.get('method')) - methods.indexOf(other.get('method'));

const ui = window.SwaggerUIBundle({
  url: '../openapi.json',
  dom_id: '#swagger-ui',
  layout: 'BaseLayout',
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [AccountChoice, EmptyParameters, FoldedErrors, SampleFiles],
  deepLinking: true,
  displayOperationId: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  operationsSorter: inOrderOfUse,
  persistAuthorization: true,
  requestInterceptor: (request) => Object.assign(request, { userFetch: limited }),
  onComplete: () => {
    const version = ui.specSelectors.info().get('version');
    document.getElementById('polyhost-version').textContent = version;
  },
});
