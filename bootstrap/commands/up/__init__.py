"""`bootstrap up`: Argo CD gets its start, or is installed."""
