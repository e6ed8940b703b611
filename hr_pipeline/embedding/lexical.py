"""The embedded embedder: TF-IDF of character n-grams, with nothing to download."""

from hr_pipeline.embedding.matrix import Matrix

LEXICAL = "lexical"


class Lexical:
    """Weights come from what is compared, so that nothing of it can be kept for other texts."""

    name = LEXICAL

    def pair(self, queries: list[str], corpus: list[str]) -> tuple[Matrix, Matrix]:
        """Two CSR matrices of unit rows; a text of blanks alone has an empty one."""
        from scipy.sparse import csr_matrix
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = [*queries, *corpus]
        if any(map(str.split, texts)):
            vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
            vectors = vectorizer.fit_transform(texts)
        else:
            vectors = csr_matrix((len(texts), 1))
        return vectors[: len(queries)], vectors[len(queries) :]
