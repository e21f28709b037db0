module agentsmith-bootstrap/tests/node/images

go 1.26.0
