"""dill, cloudpickle and friends: pickles that carry Python code. Filled by genuine output of those libraries."""


def cases(c):
    """b76, b77 and relatives."""
