"""A real sentence-transformers model: all-MiniLM-L6-v2, from a folder, beside its own library."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from hr_pipeline.embedding.models import Embedder, open_embedder
from hr_pipeline.embedding.nearest import nearest_k

PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS = ["car", "carpet", "automobile", "Registered nurse in a hospital", "", "R"]


@pytest.fixture(scope="module")
def embedder(minilm: Path) -> Embedder:
    return open_embedder(str(minilm), batch=2)


def with_prompts(minilm: Path, folder: Path, prompts: dict[str, str]) -> Path:
    """The model with prompts of its own, as others come with."""
    folder.mkdir()
    for path in minilm.iterdir():
        (folder / path.name).symlink_to(path)
    settings = folder / "config_sentence_transformers.json"
    known = json.loads(settings.read_text())
    settings.unlink()
    settings.write_text(json.dumps(known | {"prompts": prompts}))
    return folder


def test_the_weights_are_the_published_ones(minilm: Path) -> None:
    assert sha256((minilm / "model.safetensors").read_bytes()).hexdigest() == PUBLISHED


def test_vectors_are_those_of_the_bare_model(embedder: Embedder, minilm: Path) -> None:
    """Mean of the token vectors, brought to length 1; each text alone, without a batch."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = (kind.from_pretrained(minilm) for kind in (AutoTokenizer, AutoModel))
    _, vectors = embedder.pair([], TEXTS)
    assert vectors.dtype == np.float32 and np.allclose(np.linalg.norm(vectors, axis=1), 1)
    for text, vector in zip(TEXTS, vectors, strict=True):
        with torch.no_grad():
            tokens = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = tokens.mean(dim=0).numpy()
        assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_it_knows_what_words_mean(embedder: Embedder) -> None:
    assert nearest_k(embedder, ["car"], TEXTS[1:3], 1).positions.tolist() == [[1]]
    assert nearest_k(open_embedder(), ["car"], TEXTS[1:3], 1).positions.tolist() == [[0]]


def test_its_name_says_which_weights_and_not_where_they_lie(
    embedder: Embedder, minilm: Path, tmp_path: Path
) -> None:
    other = with_prompts(minilm, tmp_path / "minilm", {})
    name, weights = open_embedder(str(other)).name.split("@")
    assert name == "minilm" and embedder.name == f"{minilm.name}@{weights}"


def test_only_new_texts_are_embedded_wherever_the_folder_lies(minilm: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    facts = {"cache": tmp_path / "vectors", "log": heard.append}
    first = open_embedder(str(minilm), **facts).pair(["car", "car"], TEXTS)
    assert len(heard) == 1 and "6 of 6 texts were new, on " in heard.pop()
    moved = open_embedder(str(with_prompts(minilm, tmp_path / "moved", {})), **facts)
    again = moved.pair(["car", "car"], TEXTS)
    assert not heard
    assert [part.tobytes() for part in again] == [part.tobytes() for part in first]
    moved.pair(["lorry"], TEXTS[:2])
    assert len(heard) == 1 and "1 of 3 texts were new" in heard[0]


def test_a_query_prompt_stands_before_queries_alone(minilm: Path, tmp_path: Path) -> None:
    cache = tmp_path / "vectors"
    plain = open_embedder(str(minilm), cache=cache)
    asked = open_embedder(str(minilm), cache=cache, query_prompt="find: ")
    queries, corpus = asked.pair(["car"], ["car"])
    _, expected = plain.pair([], ["find: car", "car"])
    assert np.allclose(np.concatenate([queries, corpus]), expected, atol=1e-6)
    assert not np.allclose(queries, corpus, atol=1e-2)


def test_a_model_brings_its_own_prompts(minilm: Path, tmp_path: Path) -> None:
    cache, prompts = tmp_path / "vectors", {"query": "query: ", "passage": "text: "}
    folder = with_prompts(minilm, tmp_path / "model", prompts)
    plain = open_embedder(str(minilm), cache=cache)
    own = open_embedder(str(folder), cache=cache).pair(["car"], ["car"])
    given = open_embedder(str(folder), cache=cache, query_prompt="find: ").pair(["car"], ["car"])
    _, expected = plain.pair([], ["query: car", "text: car", "find: car", "text: car"])
    assert np.allclose(np.concatenate([*own, *given]), expected, atol=1e-6)


def test_a_sum_with_the_lexical_one_is_the_mean_of_both(minilm: Path) -> None:
    both = open_embedder(f"lexical+{minilm}")
    found = nearest_k(both, ["car repair"], ["carpet repair", "automobile repair"], 2)
    assert both.name.startswith("lexical+model@")
    alone = [
        nearest_k(e, ["car repair"], ["carpet repair", "automobile repair"], 2)
        for e in (open_embedder(), open_embedder(str(minilm)))
    ]
    mean = sum(part.scores[0][np.argsort(part.positions[0])] for part in alone) / 2
    assert np.allclose(found.scores[0][np.argsort(found.positions[0])], mean, atol=1.1e-5)
