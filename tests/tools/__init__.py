"""Pinned command-line tools for the tests: built from Go modules, cached outside the checkout."""
