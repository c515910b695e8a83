import pickle
x = pickle.load(open('x.pkl', 'rb'))
