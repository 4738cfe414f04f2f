// Makes uploads executable without typing: the form comes first, and its optional fields are empty. In the sandbox, a
// sample is sent until the caller chooses a file.

const FORM = 'multipart/form-data';

const sample = () => new File(['A sample file from Swagger UI.\n'], 'sample.txt', { type: 'text/plain' });

/** Moves forms to the first place of each body's media types, which Swagger UI selects. */
const updateJsonSpec = (update) => (document) => {
  for (const { requestBody } of Object.values(document.paths ?? {}).flatMap(Object.values)) {
    const form = requestBody?.content?.[FORM];
    if (form) requestBody.content = { [FORM]: form, ...requestBody.content };
  }
  update(document);
};

/** The plugin. */
export function SampleFiles({ React }) {
  const element = React.createElement;

  /** The editor of a body that is a file, or a form with one in the field `file`. */
  function Upload({ Original, ...props }) {
    const { isExecute, contentType, requestBodyValue: value, onChange } = props;
    const isForm = contentType === FORM;
    const sends = isExecute && props.requestBody.get('x-sandbox');
    const isMissing = isForm ? !value?.getIn?.(['file', 'value']) : !(value instanceof File);
    // A reset of the operation removes the file, so the effect depends on it.
    React.useEffect(() => {
      if (sends && isMissing) onChange(sample(), isForm ? ['file'] : undefined);
    }, [sends, isForm, isMissing]);
    // Swagger UI would fill the optional fields with generated texts, and send them.
    const fn = { ...props.fn, getSampleSchema: () => '' };
    return element(
      React.Fragment, null,
      element(Original, { ...props, fn }),
      sends && element('p', { className: 'polyhost-note' }, 'A small text is sent if you choose no file.'),
    );
  }

  const withSample = (Original) => (props) => {
    const isUpload = props.requestBody?.hasIn(['content', FORM]);
    return isUpload ? element(Upload, { ...props, Original }) : element(Original, props);
  };

  return {
    statePlugins: { spec: { wrapActions: { updateJsonSpec } } },
    wrapComponents: { RequestBody: withSample },
    // No field of the API accepts an empty value, so there is no choice to send one.
    components: { ParameterIncludeEmpty: () => null },
  };
}
