import os
def f():
    os.system('echo pwned')
