connect('http://10.8.4.4:9001/gate')  # 1.2.3.4
