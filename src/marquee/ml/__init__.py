"""Machine learning as pure functions: Arrow or numpy in, Arrow or numpy out, no input or output."""
