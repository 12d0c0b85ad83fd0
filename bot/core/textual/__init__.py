"""What a patch says against itself, in its own text, before anything of it is run."""
