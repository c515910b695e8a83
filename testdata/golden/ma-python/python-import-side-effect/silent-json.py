import json
x = json.load(open('x.json'))
