

yEvilOp


EvilOp	
zNoOp