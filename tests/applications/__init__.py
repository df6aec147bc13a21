"""Public applications from the package index, promoted as they are."""
