"""Many environments in one run of Helm."""
