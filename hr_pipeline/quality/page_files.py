"""Which files of the package decide what a page says and how it looks."""

import hashlib
from importlib.resources import files


def files_hash(room: str, *names: str) -> str:
    """One hash of these files of a package, for the code version of what is made with them."""
    digests = (hashlib.sha256(files(room).joinpath(name).read_bytes()).digest() for name in names)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:12]
