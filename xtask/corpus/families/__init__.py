"""One module for each family of evasions. Each has `cases(corpus)`."""
