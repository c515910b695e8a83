"""Made testdata/benign/hdf5: genuine small files of the libraries that write HDF5.

    python benign.py

Made with Keras 3.15.1 (TensorFlow 2.21), pandas 2.3 with PyTables 3.11, netCDF4 1.7, anndata and h5py 3.16.
Each part is left out where its library is missing.
"""

import json
import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
D = os.path.join(HERE, "../../../../testdata/benign/hdf5")


def with_keras():
    import keras
    m = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
    m.compile("adam", "mse")
    m.fit(np.ones((4, 8)), np.ones((4, 1)), verbose=0)
    m.save(f"{D}/keras3-legacy.h5")
    m.save_weights(f"{D}/keras3.weights.h5")


def with_pandas():
    import pandas as pd
    df = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [{"k": 1}, None, [1]]})
    df.to_hdf(f"{D}/pandas-fixed.h5", key="df", complevel=5, complib="zlib")


def with_netcdf():
    import netCDF4
    d = netCDF4.Dataset(f"{D}/netcdf4.nc", "w")
    d.createDimension("t", None)
    d.createDimension("n", 4)
    v = d.createVariable("v", "f4", ("t", "n"), zlib=True)
    v[0:5, :] = 1.0
    v.units = "K"
    d.title = "A title."
    s = d.createVariable("s", str, ("n",))
    s[0] = "abc"
    d.close()


def with_anndata():
    import anndata
    import pandas as pd
    obs = pd.DataFrame({"c": pd.Categorical(["a", "b", "a", "b", "a"])}, index=list("vwxyz"))
    anndata.AnnData(np.ones((5, 3), "f4"), obs=obs).write_h5ad(f"{D}/anndata.h5ad")


for part in [with_keras, with_pandas, with_netcdf, with_anndata]:
    try:
        part()
    except ImportError as missing:
        print(part.__name__, "left out:", missing)

# A Keras 2 file, written as tf.keras 2.x wrote it.
import json
with h5py.File(f"{D}/keras2.h5","w") as f:
    cfg={"class_name":"Sequential","config":{"name":"sequential","layers":[{"class_name":"InputLayer","config":{"batch_input_shape":[None,8],"dtype":"float32","sparse":False,"ragged":False,"name":"dense_input"}},{"class_name":"Dense","config":{"name":"dense","trainable":True,"dtype":"float32","units":4,"activation":"relu","use_bias":True}}]}}
    f.attrs["keras_version"]="2.15.0"; f.attrs["backend"]="tensorflow"
    f.attrs["model_config"]=json.dumps(cfg); f.attrs["training_config"]=json.dumps({"loss":"mse","metrics":None,"optimizer_config":{"class_name":"Adam","config":{"learning_rate":0.001}}})
    g=f.create_group("model_weights"); g.attrs["layer_names"]=[b"dense"]; g.attrs["backend"]="tensorflow"; g.attrs["keras_version"]="2.15.0"
    d=g.create_group("dense"); d.attrs["weight_names"]=[b"dense/kernel:0",b"dense/bias:0"]
    r=np.random.default_rng(0)
    d["dense/kernel:0"]=r.random((8,4)).astype("f4"); d["dense/bias:0"]=np.zeros(4,"f4")
with h5py.File(f"{D}/matlab73.h5","w",userblock_size=512) as f:
    d=f.create_dataset("x",data=np.arange(6.0).reshape(2,3)); d.attrs["MATLAB_class"]=np.bytes_(b"double")
    d=f.create_dataset("s",data=np.frombuffer("hello".encode("utf-16le"),"u2").reshape(5,1)); d.attrs["MATLAB_class"]=np.bytes_(b"char"); d.attrs["MATLAB_int_decode"]=np.int32(2)
with open(f"{D}/matlab73.h5","r+b") as f:
    f.write((b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 .").ljust(116)+bytes(8)+b"\x00\x02IM")
