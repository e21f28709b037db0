"""What a push would do: `bootstrap diff` and `render`."""
