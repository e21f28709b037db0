"""Tests of agentsmith-bootstrap: a fast tier and an end-to-end tier (see docs/testing.md)."""
