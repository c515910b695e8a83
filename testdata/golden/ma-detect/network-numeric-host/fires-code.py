connect('http://8.8.4.4:9001/gate')
