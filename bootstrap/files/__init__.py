"""The file edge: the repository's tree, what the user names, what lies outside."""
