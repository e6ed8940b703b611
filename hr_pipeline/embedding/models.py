"""Texts to unit vectors: character n-grams by default, a sentence-transformers model by name."""

from typing import Any

from hr_pipeline.lake.errors import InputError

LEXICAL = "lexical"


def embed(texts: list[str], model: str = LEXICAL) -> Any:
    """One unit vector per text: a sparse TF-IDF matrix for "lexical", else a dense float32 array.

    Lexical weights come from `texts` themselves: embed all that is to be compared at once.
    InputError where a model is named and sentence-transformers is not installed.
    """
    if model == LEXICAL:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        return vectorizer.fit_transform(texts)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        mend = f"install '.[train]', or use {LEXICAL}"
        raise InputError("sentence-transformers is not installed", model, mend) from error
    return SentenceTransformer(model).encode(texts, normalize_embeddings=True)
