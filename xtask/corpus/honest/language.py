"""spaCy, NLTK, gensim."""

import pickle

TEXT = [["human", "interface", "computer"], ["os.system", "eval(", "survey"], ["graph", "trees", "human"], ["graph", "minors", "survey"]] * 4


def build(sink):
    """A blank pipeline, taggers, word vectors."""
    for part in (spacy_, nltk_, gensim_):
        try:
            part(sink)
        except ImportError as e:
            print("  skipped: %s" % e)


def spacy_(sink):
    import spacy

    package = "spacy " + spacy.__version__
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    doc = nlp("Nothing here calls os.system. It is text.")
    sink.add("spacy", "vocab-strings.pkl", pickle.dumps(list(nlp.vocab.strings)[:50]), package, "strings of a vocabulary")
    sink.add("spacy", "doc.pkl", pickle.dumps(doc), package, "a Doc", "info")
    sink.add("spacy", "doc.bin", doc.to_bytes(), package, "Doc.to_bytes (msgpack)")
    sink.add("spacy", "nlp.bin", nlp.to_bytes(), package, "Language.to_bytes (msgpack)")


def nltk_(sink):
    import nltk
    from nltk import probability, tag, tokenize

    package = "nltk " + nltk.__version__
    train = [[("the", "DT"), ("dog", "NN")], [("a", "DT"), ("cat", "NN")]]
    tagger = tag.UnigramTagger(train, backoff=tag.DefaultTagger("NN"))
    sink.add("nltk", "unigram-tagger.pickle", pickle.dumps(tagger, 2), package, "UnigramTagger", "info")
    sink.add("nltk", "freqdist.pickle", pickle.dumps(probability.FreqDist("abracadabra")), package, "FreqDist", "info")
    punkt = tokenize.punkt.PunktTrainer("A text. Mr. Smith went home. It was late. Mr. Smith slept.")
    sink.add("nltk", "punkt-parameters.pickle", pickle.dumps(punkt.get_params(), 2), package, "PunktParameters", "info")
    bayes = nltk.NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    sink.add("nltk", "naive-bayes.pickle", pickle.dumps(bayes, 4), package, "NaiveBayesClassifier", "info")
    sink.add("nltk", "tree.pickle", pickle.dumps(nltk.Tree.fromstring("(S (NP a) (VP b))")), package, "Tree", "info")


def gensim_(sink):
    import gensim
    from gensim import corpora, models

    package = "gensim " + gensim.__version__
    words = corpora.Dictionary(TEXT)
    words.save(sink.path("gensim", "dictionary.dict", package, "Dictionary.save", "info"))
    bow = [words.doc2bow(t) for t in TEXT]
    models.Word2Vec(TEXT, vector_size=8, min_count=1, seed=1, workers=1).save(sink.path("gensim", "word2vec.model", package, "Word2Vec.save", "info"))
    models.TfidfModel(bow).save(sink.path("gensim", "tfidf.model", package, "TfidfModel.save", "info"))
    models.LdaModel(bow, 2, id2word=words, random_state=0).save(sink.path("gensim", "lda.model", package, "LdaModel.save", "info"))
    models.Word2Vec(TEXT, vector_size=8, min_count=1, seed=1, workers=1).wv.save_word2vec_format(sink.path("gensim", "vectors.bin", package, "word2vec binary format"), binary=True)
    models.Doc2Vec([models.doc2vec.TaggedDocument(t, [i]) for i, t in enumerate(TEXT)], vector_size=4, min_count=1, seed=1, workers=1).save(sink.path("gensim", "doc2vec.model", package, "Doc2Vec.save", "info"))
