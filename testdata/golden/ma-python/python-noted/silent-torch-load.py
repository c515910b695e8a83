import torch
def f(p):
    return torch.load(p)
