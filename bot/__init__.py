"""route-agent: routes a fix to a cheap or a strong model by risk, proves the patch, and keeps the record."""
