"""`bootstrap init`: every file of a new environment."""
