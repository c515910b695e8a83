
(
cStatefulPartitionedCall*

fR
fC
/

f(
cStatefulPartitionedCall*

fR
g


g	
zNoOp