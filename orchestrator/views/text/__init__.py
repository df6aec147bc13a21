"""Reports as a person wants to read them in a terminal, drawn with rich."""
