class P:
    def __reduce__(self):
        return P, (1,)
