"""Texts to unit vectors: character n-grams by default, a sentence-transformers model by name."""

from typing import Any

LEXICAL = "lexical"


def embed(texts: list[str], model: str = LEXICAL) -> Any:
    """One unit vector per text: a sparse TF-IDF matrix for "lexical", else a dense float32 array.

    Lexical weights come from `texts` themselves: embed all that is to be compared at once.
    """
    if model == LEXICAL:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        return vectorizer.fit_transform(texts)
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(model).encode(texts, normalize_embeddings=True)
