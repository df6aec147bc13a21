"""Real database servers for the tests: each runs as its own process, in a directory and on a port of its own."""
