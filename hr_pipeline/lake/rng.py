"""One seed for a whole run: every draw comes from a generator keyed by (seed, stage, key).

No global state, no clock, no order: any row can be made again alone, on any shard or machine.
"""

import hashlib

import numpy as np


def digest(*parts: object) -> bytes:
    """16 bytes that depend on every part and on where each part ends."""
    text = "\x1f".join(
        str(part).replace("\x1e", "\x1e0").replace("\x1f", "\x1e1") for part in parts
    )
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def short_hash(*parts: object, length: int = 12) -> str:
    """A hexadecimal name made from the parts (at most 32 characters)."""
    return digest(*parts).hex()[:length]


def rng(seed: int, stage: str, key: object) -> np.random.Generator:
    """A fresh generator for one row of one stage."""
    words = np.frombuffer(digest(seed, stage, key), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=words))


def draw_integer(seed: int, stage: str, key: object, high: int) -> int:
    """One uniform integer in [0, high), cheaper than a generator where one draw is needed."""
    return int.from_bytes(digest(seed, stage, key)[:8], "little") * high >> 64
