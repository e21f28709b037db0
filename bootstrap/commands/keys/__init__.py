"""`bootstrap keys`: sealing keys listed, pinned, rotated, backed up, given."""
