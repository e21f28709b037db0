"""How results look: text for people on stderr, data on stdout."""
