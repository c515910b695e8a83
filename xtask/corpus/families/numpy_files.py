def cases(c):
    """Later."""
