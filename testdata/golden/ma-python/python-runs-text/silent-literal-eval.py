import ast
def f(x, model):
    model.eval()
    return ast.literal_eval(x)
