"""The terminal: the one writer, and what a screen can do."""
