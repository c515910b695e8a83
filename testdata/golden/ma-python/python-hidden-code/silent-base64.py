import base64
def f(x):
    return base64.b64decode(x)
