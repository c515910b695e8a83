
s
callXlaCallModule*\
moduleRPmodule @jit_f { func.func @main() { %1 = stablehlo.custom_call @Sharding(%0) } }