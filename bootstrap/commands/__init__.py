"""The use cases, a folder for each journey: plain arguments in, a result out, no terminal."""
