"""`bootstrap check`, and the hook that runs it."""
