
(
cStatefulPartitionedCall*

fR
f%


f	
zNoOp


f

zAbort