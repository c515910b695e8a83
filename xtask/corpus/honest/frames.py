"""pandas and statsmodels."""

import pickle

import pandas as pd


def values():
    """name -> object."""
    times = pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin")
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, None, 2.5], "c": ["x", "os.system", "eval("], "d": times, "e": pd.Categorical(["p", "q", "p"])})
    return {
        "frame": frame, "series": pd.Series([1.0, 2.0], name="s"), "categorical": pd.Categorical(["a", "b", "a"]), "multiindex": pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["n", "l"]),
        "datetimeindex-tz": times, "rangeindex": pd.RangeIndex(5), "timedelta": pd.to_timedelta(["1 day", "2 hours"]), "period": pd.period_range("2024-01", periods=2, freq="M"),
        "interval": pd.interval_range(0, 3), "timestamp": pd.Timestamp("2024-01-01", tz="UTC"), "nat": [pd.NaT, pd.NA], "int64": pd.array([1, None], dtype="Int64"), "string": pd.array(["a", None], dtype="string"),
        "boolean": pd.array([True, None], dtype="boolean"), "sparse": pd.arrays.SparseArray([0, 0, 1]), "pivot": frame.pivot_table(index="e", values="a", observed=False), "groups": dict(a=frame[["a"]], b=frame[["b"]]),
        "dtypes": frame.dtypes, "offset": pd.offsets.MonthEnd(), "wide": pd.DataFrame({"c%d" % i: range(3) for i in range(40)}),
    }


def build(sink):
    """Pickles, and files in other formats that pandas writes."""
    package = "pandas " + pd.__version__
    every = values()
    for i, (name, value) in enumerate(sorted(every.items())):
        sink.add("pandas", name + ".pkl", pickle.dumps(value, (4, 2, 5, 3)[i % 4]), package, name, "info" if name in ("period", "interval", "sparse", "offset") else "clean")
    for ext in ("pkl.gz", "pkl.bz2", "pkl.xz", "pkl.zip"):
        every["frame"].to_pickle(sink.path("pandas", "frame." + ext, package, "to_pickle"))
    every["frame"].drop(columns="d").to_csv(sink.path("pandas", "frame.csv", package, "CSV"))
    every["frame"].drop(columns="d").to_json(sink.path("pandas", "frame.json", package, "JSON"))
    statistics(sink)


def statistics(sink):
    """statsmodels results."""
    import numpy as np
    import statsmodels.api as sm

    package = "statsmodels " + sm.__version__ if hasattr(sm, "__version__") else "statsmodels"
    x = sm.add_constant(np.arange(12.0))
    y = np.arange(12.0) * 2 + np.sin(np.arange(12))
    results = sm.OLS(y, x).fit()
    sink.add("statsmodels", "ols.pkl", pickle.dumps(results), package, "OLS results", "info")
    sink.add("statsmodels", "glm.pkl", pickle.dumps(sm.GLM(y, x).fit()), package, "GLM results", "info")
    results.remove_data()
    sink.add("statsmodels", "ols-no-data.pkl", pickle.dumps(results), package, "OLS results without data", "info")
