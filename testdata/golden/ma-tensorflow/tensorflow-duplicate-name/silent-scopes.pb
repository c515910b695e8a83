

xPlaceholder
(
cStatefulPartitionedCall*

fR
f


f	
xNoOp