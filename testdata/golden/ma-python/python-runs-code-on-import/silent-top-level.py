import os
os.makedirs('x', exist_ok=True)
