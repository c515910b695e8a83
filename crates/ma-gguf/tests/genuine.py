"""Makes the genuine files in testdata/benign/gguf with gguf-py: python genuine.py FOLDER

Every type that gguf-py can quantise to, big-endian and version 2, a vocabulary, an adapter, a part of a
split model, and templates. Files are small; the weights are a fixed ramp.
"""

import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import GGUFEndian, GGUFWriter
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import quantize

OUT = Path(sys.argv[1])

TEMPLATE = (
    "{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>\n' }}{%- endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{%- endif %}"
)


def ramp(shape):
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def writer(name, arch="llama", **more):
    w = GGUFWriter(OUT / name, arch, **more)
    w.add_name("tiny")
    w.add_url("https://huggingface.co/example/tiny")
    w.add_license("mit")
    return w


def finish(w):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def tokenizer(w, n=12):
    w.add_tokenizer_model("llama")
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{i:02X}>".encode() for i in range(n - 3))]
    w.add_token_list(tokens)
    w.add_token_scores([0.0] * n)
    w.add_token_types([2, 3, 3] + [6] * (n - 3))
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_add_bos_token(True)


def hparams(w):
    w.add_context_length(16)
    w.add_embedding_length(32)
    w.add_block_count(1)
    w.add_head_count(2)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_freq_base(10000.0)
    w.add_file_type(0)
    w.add_tags(["text-generation", "tiny"])


def model(name, **more):
    w = writer(name, **more)
    hparams(w)
    tokenizer(w)
    w.add_chat_template(TEMPLATE)
    w.add_tensor("token_embd.weight", ramp((12, 32)))
    w.add_tensor("blk.0.attn_q.weight", ramp((32, 32)).astype(np.float16))
    w.add_tensor("output_norm.weight", ramp((33,)))
    finish(w)


model("gguf-py-model.gguf")
model("gguf-py-big-endian.gguf", endianess=GGUFEndian.BIG)

# All types, one small tensor each; those that gguf-py can't compute are given as zero blocks.
w = writer("gguf-py-types.gguf")
for t in sorted(T):
    block, size = GGML_QUANT_SIZES[t]
    if t in (T.Q8_1,):
        continue
    try:
        data = quantize(ramp((2, block)), t) if t.name[0] in "QIMTBF" and block > 1 else None
    except NotImplementedError:
        data = None
    if data is None:
        data = np.zeros((2, size if block > 1 else 8 * size), dtype=np.uint8)
    w.add_tensor(f"t.{t.name}", data.view(np.uint8), raw_dtype=t)
finish(w)

# A vocabulary without tensors.
w = writer("gguf-py-vocab.gguf")
w.add_type("vocab")
tokenizer(w)
finish(w)

# An adapter, with an alignment of its own.
w = writer("gguf-py-adapter.gguf")
w.add_type("adapter")
w.add_custom_alignment(64)
w.add_string("adapter.type", "lora")
w.add_float32("adapter.lora.alpha", 16.0)
w.add_tensor("blk.0.attn_q.weight.lora_a", ramp((4, 33)))
w.add_tensor("blk.0.attn_q.weight.lora_b", ramp((33, 4)))
finish(w)

# Several templates.
w = writer("gguf-py-templates.gguf")
w.add_chat_template([{"name": "default", "template": TEMPLATE}, {"name": "tool_use", "template": TEMPLATE}])
w.add_tensor("token_embd.weight", ramp((2, 32)))
finish(w)

# Version 2 has the layout of version 3; only the number differs.
old = bytearray((OUT / "gguf-py-model.gguf").read_bytes())
old[4] = 2
(OUT / "gguf-py-version-2.gguf").write_bytes(old)

# A split model, as gguf-py writes it.
w = GGUFWriter(OUT / "gguf-py-split.gguf", "llama", split_max_tensors=1)
for i in range(2):
    w.add_tensor(f"blk.{i}.ffn_up.weight", ramp((2, 32)))
finish(w)
