"""Rendered objects: read, compared, moved to another namespace."""
