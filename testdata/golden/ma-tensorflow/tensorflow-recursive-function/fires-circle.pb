
(
cStatefulPartitionedCall*

fR
fb
/

f(
cStatefulPartitionedCall*

fR
g
/

g(
cStatefulPartitionedCall*

fR
f