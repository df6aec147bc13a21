"""Views as Markdown, for the comment of a pull request, a pipeline's summary, a runbook: PURE, text only."""
