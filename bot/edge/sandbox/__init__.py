"""Where checks run: copies behind walls, with limits and a deadline."""
