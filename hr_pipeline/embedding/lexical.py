"""The embedded embedder: TF-IDF of character n-grams, with nothing to download."""

from hr_pipeline.embedding.matrix import Matrix

LEXICAL = "lexical"


class Lexical:
    """Weights come from what is compared, so that nothing of it can be kept for other texts. Of the
    corpus alone, where asked: then a query more changes the neighbours of no other."""

    name = LEXICAL

    def __init__(self, corpus_alone: bool = False) -> None:
        self._corpus_alone = corpus_alone

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        """Two CSR matrices of unit rows; a text of blanks alone has an empty one."""
        from scipy.sparse import csr_matrix
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = corpus if self._corpus_alone else [*queries, *corpus]
        if not any(map(str.split, texts)):
            return csr_matrix((len(queries), 1)), csr_matrix((len(corpus), 1))
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        vectors = vectorizer.fit_transform(texts)
        if self._corpus_alone:
            return vectorizer.transform(queries) if queries else vectors[:0], vectors
        return vectors[: len(queries)], vectors[len(queries) :]
