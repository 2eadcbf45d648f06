"""A SQL-first data-lake warehouse for media and entertainment."""
