"""YAML text: documents, positions in them, and edits that keep every other byte."""
