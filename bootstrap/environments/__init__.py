"""What an environment is: its name, place, values, images."""
