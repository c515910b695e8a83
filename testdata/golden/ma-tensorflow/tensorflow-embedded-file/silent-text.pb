
K
sConst*
dtype0*2
value)B'Ba text about /bin/sh and more