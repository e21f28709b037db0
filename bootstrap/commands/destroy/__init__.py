"""`bootstrap destroy`: out of Git, out of the cluster, and proof of it."""
