
F
addAddV2xx*
T0")/job:worker/replica:0/task:3/device:GPU:0

xPlaceholder*
dtype0