"""scikit-learn: some sixty fitted estimators, pickled and through joblib with every compressor."""

import pickle
import warnings

import joblib
import numpy as np
import sklearn
from sklearn import (
    calibration, cluster, compose, covariance, cross_decomposition, decomposition, discriminant_analysis, dummy, ensemble, feature_extraction, feature_selection, gaussian_process, impute, isotonic,
    kernel_approximation, kernel_ridge, linear_model, manifold, mixture, model_selection, multiclass, multioutput, naive_bayes, neighbors, neural_network, pipeline, preprocessing, random_projection,
    svm, tree,
)

from honest.core import WORDS

TEXTS = ["you are a stupid idiot", "os.system eval( exec(", "malware backdoor trojan", "kind words", "hello world", "import os", "drop table users", "rm -rf", "curl wget base64", "good morning"]


def estimators():
    """name -> unfitted estimator on (X, y)."""
    lr = linear_model.LogisticRegression()
    pick = [
        linear_model.LinearRegression(), lr, linear_model.Ridge(), linear_model.Lasso(), linear_model.ElasticNet(), linear_model.SGDClassifier(random_state=0), linear_model.Perceptron(), linear_model.BayesianRidge(),
        linear_model.LassoLars(), linear_model.HuberRegressor(), linear_model.RidgeClassifier(), linear_model.PassiveAggressiveClassifier(random_state=0) if hasattr(linear_model, "PassiveAggressiveClassifier") else lr,
        svm.SVC(), svm.LinearSVC(random_state=0), svm.SVR(), svm.OneClassSVM(), svm.NuSVC(nu=0.3), tree.DecisionTreeClassifier(random_state=0), tree.DecisionTreeRegressor(random_state=0), tree.ExtraTreeClassifier(random_state=0),
        ensemble.RandomForestClassifier(3, random_state=0), ensemble.RandomForestRegressor(3, random_state=0), ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0), ensemble.AdaBoostClassifier(n_estimators=3, random_state=0),
        ensemble.BaggingClassifier(n_estimators=3, random_state=0), ensemble.ExtraTreesClassifier(3, random_state=0), ensemble.IsolationForest(n_estimators=5, random_state=0), ensemble.VotingClassifier([("a", lr), ("b", naive_bayes.GaussianNB())]),
        ensemble.StackingClassifier([("a", lr)], cv=2), neighbors.KNeighborsClassifier(2), neighbors.KNeighborsRegressor(2, algorithm="kd_tree"), neighbors.NearestCentroid(), neighbors.LocalOutlierFactor(3), neighbors.KernelDensity(),
        naive_bayes.GaussianNB(), naive_bayes.BernoulliNB(), neural_network.MLPClassifier(hidden_layer_sizes=(4,), max_iter=5, random_state=0), neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, random_state=0), neural_network.BernoulliRBM(2, random_state=0),
        cluster.KMeans(2, random_state=0, n_init=1), cluster.DBSCAN(), cluster.AgglomerativeClustering(), cluster.MiniBatchKMeans(2, random_state=0, n_init=1), cluster.Birch(n_clusters=2), cluster.MeanShift(), decomposition.PCA(2),
        decomposition.TruncatedSVD(2, random_state=0), decomposition.FastICA(2, random_state=0), decomposition.KernelPCA(2), decomposition.FactorAnalysis(2), mixture.GaussianMixture(2, random_state=0), manifold.Isomap(n_neighbors=4),
        preprocessing.StandardScaler(), preprocessing.MinMaxScaler(), preprocessing.RobustScaler(), preprocessing.PolynomialFeatures(), preprocessing.QuantileTransformer(n_quantiles=5, random_state=0), preprocessing.PowerTransformer(),
        preprocessing.OneHotEncoder(handle_unknown="ignore"), preprocessing.KBinsDiscretizer(3, strategy="uniform"), preprocessing.FunctionTransformer(), preprocessing.Normalizer(), impute.SimpleImputer(), impute.KNNImputer(),
        feature_selection.SelectKBest(k=2), feature_selection.VarianceThreshold(), feature_selection.RFE(lr, n_features_to_select=2), discriminant_analysis.LinearDiscriminantAnalysis(), gaussian_process.GaussianProcessRegressor(),
        kernel_ridge.KernelRidge(), kernel_approximation.RBFSampler(random_state=0), random_projection.GaussianRandomProjection(2, random_state=0), covariance.EmpiricalCovariance(), cross_decomposition.PLSRegression(2), dummy.DummyClassifier(),
        calibration.CalibratedClassifierCV(lr, cv=2), multiclass.OneVsRestClassifier(lr), model_selection.GridSearchCV(lr, {"C": [0.1, 1]}, cv=2), model_selection.RandomizedSearchCV(lr, {"C": [0.1, 1]}, n_iter=2, cv=2, random_state=0),
        pipeline.make_pipeline(preprocessing.StandardScaler(), lr), pipeline.make_union(decomposition.PCA(1), preprocessing.StandardScaler()), compose.ColumnTransformer([("s", preprocessing.StandardScaler(), [0, 1])], remainder="passthrough"),
        compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1), preprocessing.FunctionTransformer(np.log1p),
    ]
    if hasattr(ensemble, "HistGradientBoostingClassifier"):
        pick.append(ensemble.HistGradientBoostingClassifier(max_iter=3, random_state=0))
    out = {}
    for e in pick:
        name = type(e).__name__.lower()
        out[name if name not in out else name + "2"] = e
    return out


def build(sink):
    """Fit each, pickle each; joblib for some."""
    warnings.simplefilter("ignore")
    package = "scikit-learn " + sklearn.__version__
    rng = np.random.RandomState(0)
    x = np.abs(rng.randn(30, 4))
    y = np.arange(30) % 2
    for i, (name, model) in enumerate(sorted(estimators().items())):
        try:
            model.fit(x, y)
            data = pickle.dumps(model, (4, 2, 5, 3)[i % 4])
        except Exception as e:
            print("  %s: %s" % (name, str(e)[:80]))
            continue
        sink.add("sklearn", name + ".pkl", data, package, name)
        if i % 3 == 0:
            joblib.dump(model, sink.path("sklearn", name + ".joblib", package + ", joblib " + joblib.__version__, name))
    iso = isotonic.IsotonicRegression().fit(x[:, 0], y)
    sink.add("sklearn", "isotonic.pkl", pickle.dumps(iso), package, "IsotonicRegression", "info")
    multi = multioutput.MultiOutputRegressor(linear_model.Ridge()).fit(x, x)
    sink.add("sklearn", "multioutput.pkl", pickle.dumps(multi), package, "MultiOutputRegressor")
    text = feature_extraction.text
    for cls in (text.CountVectorizer, text.TfidfVectorizer):
        model = cls(analyzer="word", token_pattern=r"\S+").fit(TEXTS + WORDS)
        sink.add("sklearn", cls.__name__.lower() + ".pkl", pickle.dumps(model, 4), package, "a vocabulary with offensive words and code")
        joblib.dump(model, sink.path("sklearn", cls.__name__.lower() + ".joblib", package, "the same"))
    chain = pipeline.make_pipeline(text.TfidfVectorizer(), naive_bayes.MultinomialNB()).fit(TEXTS, [0, 1] * 5)
    for compress in (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3), ("lz4", 3)):
        kind = compress[0] if compress else "plain"
        try:
            joblib.dump(chain, sink.path("sklearn", "text-pipeline.%s.joblib" % kind, package, "a text pipeline, " + kind), compress=compress)
        except ValueError:
            sink.rows.pop()
    hashing = text.HashingVectorizer(n_features=16)
    sink.add("sklearn", "hashing.pkl", pickle.dumps(hashing), package, "HashingVectorizer")
    sink.add("sklearn", "labelencoder.pkl", pickle.dumps(preprocessing.LabelEncoder().fit(WORDS)), package, "LabelEncoder")
    sink.add("sklearn", "split.pkl", pickle.dumps(model_selection.StratifiedKFold(3)), package, "StratifiedKFold")
    sink.add("sklearn", "bunch.pkl", pickle.dumps(sklearn.utils.Bunch(data=x, target=y)), package, "a Bunch")
