"""Changes of an environment: upgrade, promote, roll back, pause."""
