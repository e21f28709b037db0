"""Sealing: keys, certificates, ciphertexts and what is remembered of them."""
