"""The catalogue: what every table and column means, found by words, and shown as pages."""
