// Folds the errors of an operation below one line. Each status unfolds to its codes, and each code has its example.

const isError = (status) => status >= '400';

/** The plugin. It leaves the other responses to Swagger UI. */
export function FoldedErrors({ React, getComponent }) {
  const element = React.createElement;

  /** A part of the page that is made when it is first unfolded, because most are never read. */
  function Folded({ className, summary, content }) {
    const [wasOpen, setWasOpen] = React.useState(false);
    const onToggle = (event) => { if (event.currentTarget.open) setWasOpen(true); };
    return element('details', { className, onToggle }, element('summary', null, summary), wasOpen && content());
  }

  function Code({ name, example }) {
    const HighlightCode = getComponent('HighlightCode', true);
    const value = example.get('value').toJS();
    const page = element('a', { href: `..${value.type}`, target: '_blank', rel: 'noopener' }, name);
    return element(
      'section', { className: 'polyhost-code' },
      element('h5', null, page, ` ${example.get('summary')}`),
      element(HighlightCode, { language: 'json' }, JSON.stringify(value, null, 2)),
    );
  }

  function Status({ status, response }) {
    const examples = response.getIn(['content', 'application/problem+json', 'examples']);
    const names = examples ? examples.keySeq().join(', ') : response.get('description');
    const content = () => examples?.entrySeq().map(([name, example]) => element(Code, { key: name, name, example }));
    const summary = [element('b', { key: 'status' }, status), ` ${names}`];
    return element(Folded, { className: 'polyhost-status', summary, content });
  }

  function Errors({ responses }) {
    const content = () => responses.entrySeq().map(
      ([status, response]) => element(Status, { key: status, status, response }),
    );
    const summary = [element('b', { key: 'title' }, 'Errors'), responses.keySeq().join(', ')];
    return element(Folded, { className: 'polyhost-errors', summary, content });
  }

  const withFoldedErrors = (Original) => (props) => {
    const errors = props.responses.filter((_, status) => isError(status));
    return element(
      React.Fragment, null,
      element(Original, { ...props, responses: props.responses.filterNot((_, status) => isError(status)) }),
      errors.size > 0 && element(Errors, { responses: errors }),
    );
  };
  return { wrapComponents: { responses: withFoldedErrors } };
}
