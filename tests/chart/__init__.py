"""Fast tests of the Helm chart: real Helm 3 and 4, no cluster."""
