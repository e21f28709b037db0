"""Measurements side by side with what people use today; each prints ratios."""
