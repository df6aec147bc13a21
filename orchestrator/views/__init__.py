"""Reports as text, JSON, Markdown, HTML, SVG, XML. Pure: a report in, a page out; nothing is looked up here."""
