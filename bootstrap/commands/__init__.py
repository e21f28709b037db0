"""The use cases, one module each: plain arguments in, a result out, no terminal."""
