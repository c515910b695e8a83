
=
addAddV2xx")/job:worker/replica:0/task:3/device:GPU:0

xPlaceholder