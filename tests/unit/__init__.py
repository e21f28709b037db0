"""Fast tests of the package: tables, golden files, real Git in temporary folders."""
