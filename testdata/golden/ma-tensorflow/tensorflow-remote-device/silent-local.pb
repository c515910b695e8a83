
I
addAddV2xx*
T0",/job:localhost/replica:0/task:0/device:CPU:0

xPlaceholder*
dtype0