
@
addAddV2xx",/job:localhost/replica:0/task:0/device:CPU:0

xPlaceholder