// Leaves optional parameters empty. Swagger UI would fill them with their defaults, or with examples of their schemas.

/** The plugin. A parameter with an example of its own keeps it. */
export function EmptyParameters() {
  const updateJsonSpec = (update) => (document) => {
    const operations = Object.values(document.paths ?? {}).flatMap(Object.values);
    for (const parameter of operations.flatMap((operation) => operation.parameters ?? [])) {
      if (!parameter.required) parameter.example ??= '';
    }
    update(document);
  };
  return { statePlugins: { spec: { wrapActions: { updateJsonSpec } } } };
}
