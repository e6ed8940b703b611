"""Whether a document of a triple repeats one of another split that was written before it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hr_pipeline.lake.rng import digest
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context
from hr_pipeline.rjdb.masking import masked_words
from hr_pipeline.text.duplicates import DuplicateIndex, shingles


@dataclass(frozen=True, slots=True)
class Repeated:
    """A document, the earlier one it repeats ("c00012-00034 resume_matched"), and how nearly."""

    document: str
    earlier: str
    similarity: float
    text: str

    def __str__(self) -> str:
        return f"{self.document} is like {self.earlier} (Jaccard {self.similarity})"


def exact_key(text: str) -> bytes:
    """Equal for texts that differ at most in case and space."""
    return digest(" ".join(text.casefold().split()))


class WrittenBefore:
    """The documents of all triples written so far, job descriptions and resumes apart."""

    def __init__(self) -> None:
        self._near = {kind: DuplicateIndex() for kind in ("job_description", "resume")}
        self._exact: dict[bytes, tuple[str, str]] = {}  # the first split that has it, and where

    def repeated(
        self, triple_id: str, context: Context, documents: Mapping[str, str]
    ) -> Repeated | None:
        """The first document that repeats one of another split, exactly or nearly (METHOD 5). Where
        there is none, the documents are written from now on."""
        words = masked_words(context, documents)
        found = {key: shingles(masked) for key, masked in words.items()}
        for key, text in documents.items():
            split, where = self._exact.get(exact_key(text), (context.split, ""))
            if split != context.split:
                return Repeated(key, where, 1.0, text)
            for near in self._near[DOCUMENTS[key].kind].near(context.split, found[key]):
                return Repeated(key, near.key, near.similarity, text)
        for key, text in documents.items():
            where = f"{triple_id} {key}"
            self._exact.setdefault(exact_key(text), (context.split, where))
            self._near[DOCUMENTS[key].kind].add(where, context.split, found[key])
        return None
