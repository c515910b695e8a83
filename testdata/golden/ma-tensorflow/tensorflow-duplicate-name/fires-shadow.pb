

mMatMul


MatMul	
zNoOp