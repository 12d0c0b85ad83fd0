"""Models, behind the three ways in which providers let themselves be asked."""
