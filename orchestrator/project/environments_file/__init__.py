"""environments.yaml: YAML with its lines, variables filled in, the schema, one checked definition a target."""
