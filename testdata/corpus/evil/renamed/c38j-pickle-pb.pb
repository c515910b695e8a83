(dVa
cos
system
(Vecho pwned
tRsVweights
(lF0.25
aF-1.5
aF3.0
asVname
Vdemo
sVepoch
I7
s.