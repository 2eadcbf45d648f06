"""Models over a table of features: one target, a constant, a linear model and trees."""
