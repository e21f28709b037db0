"""Tests against real servers: the plane of tests/plane or a cluster of yours."""
