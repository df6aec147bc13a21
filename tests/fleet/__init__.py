"""The fleet tier: a thousand databases and two thousand schemas; `make test-fleet` runs it."""
