"""Plaintext secrets: how they are given, and where they may hide."""
