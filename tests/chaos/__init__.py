"""The chaos tier: seeded kills at random moments, hundreds of them; `make test-chaos` runs it."""
