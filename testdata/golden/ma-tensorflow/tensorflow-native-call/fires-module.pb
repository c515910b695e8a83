
‚
callXlaCallModule*k
modulea_module @jit_f { func.func @main() { %1 = stablehlo.custom_call @xla_python_cpu_callback(%0) } }