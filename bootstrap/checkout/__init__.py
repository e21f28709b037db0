"""The user's clone: its environments and files, what is pushed, how a change leaves it."""
