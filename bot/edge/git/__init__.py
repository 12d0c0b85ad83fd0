"""Everything that we ask of git."""
