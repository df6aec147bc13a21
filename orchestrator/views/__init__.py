"""Reports as text and as JSON. Pure: a report in, something to print out; nothing is looked up or decided here."""
