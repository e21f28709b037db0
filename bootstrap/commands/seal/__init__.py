"""`bootstrap seal`: values in, and whether they come out again."""
