"""XGBoost, LightGBM, CatBoost: pickles and their own formats."""

import pickle

import joblib
import numpy as np


def build(sink):
    """One tiny model each."""
    rng = np.random.RandomState(0)
    x, y = rng.randn(40, 4), np.arange(40) % 2
    for part in (xgb, lgb, cat):
        try:
            part(sink, x, y)
        except ImportError as e:
            print("  skipped: %s" % e)


def xgb(sink, x, y):
    import xgboost

    package = "xgboost " + xgboost.__version__
    model = xgboost.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(x, y)
    sink.add("xgboost", "classifier.pkl", pickle.dumps(model), package, "XGBClassifier", "info")
    sink.add("xgboost", "booster.pkl", pickle.dumps(model.get_booster(), 4), package, "Booster", "info")
    joblib.dump(model, sink.path("xgboost", "classifier.joblib", package, "XGBClassifier", "info"))
    for ext in ("json", "ubj"):
        model.save_model(sink.path("xgboost", "model." + ext, package, "own format, " + ext))


def lgb(sink, x, y):
    import lightgbm

    package = "lightgbm " + lightgbm.__version__
    model = lightgbm.LGBMClassifier(n_estimators=2, num_leaves=3, n_jobs=1, verbose=-1).fit(x, y)
    sink.add("lightgbm", "classifier.pkl", pickle.dumps(model), package, "LGBMClassifier", "info")
    joblib.dump(model, sink.path("lightgbm", "classifier.joblib", package, "LGBMClassifier", "info"))
    sink.add("lightgbm", "booster.pkl", pickle.dumps(model.booster_), package, "Booster", "info")
    model.booster_.save_model(sink.path("lightgbm", "model.txt", package, "own text format"))


def cat(sink, x, y):
    import catboost

    package = "catboost " + catboost.__version__
    model = catboost.CatBoostClassifier(iterations=2, depth=2, verbose=False, thread_count=1, allow_writing_files=False).fit(x, y)
    sink.add("catboost", "classifier.pkl", pickle.dumps(model), package, "CatBoostClassifier", "info")
    for ext, kind in (("cbm", "cbm"), ("json", "json")):
        model.save_model(sink.path("catboost", "model." + ext, package, "own format, " + ext), format=kind)
