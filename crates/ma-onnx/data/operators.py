"""Writes operators.tsv: the operators that the onnx and onnxruntime packages know, all versions.

    pip install onnx onnxruntime && python operators.py > operators.tsv
"""

import onnx
import onnxruntime
from onnx import defs
from onnxruntime.capi import onnxruntime_pybind11_state as state

known = {}
for schema in defs.get_all_schemas_with_history():
    known[(schema.domain, schema.name)] = f"onnx {onnx.__version__}"
for schema in state.get_all_operator_schema():
    known.setdefault((schema.domain, schema.name), f"onnxruntime {onnxruntime.__version__}")
print("# Operators by domain (`-` = the default domain), written by operators.py.")
print("# domain\tname\tsource")
for (domain, name), source in sorted(known.items()):
    print(f"{domain or '-'}\t{name}\t{source}")
