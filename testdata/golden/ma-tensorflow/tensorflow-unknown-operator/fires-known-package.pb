

ySentencepieceTokenizeOp