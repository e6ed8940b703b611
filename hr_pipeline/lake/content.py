"""The name of a snapshot: SHA-256 over schema and rows in order, whatever the batches or file."""

import hashlib

import numpy as np
import pyarrow as pa

HASH_ROWS = 1_024  # rows are fed in fixed steps, so that the version does not depend on batches


class ContentHash:
    """Fed with a dataset's rows in order, in tables of any size that is a multiple of HASH_ROWS
    (the last one may be shorter); `version()` is the first 16 hex characters."""

    def __init__(self, schema: pa.Schema) -> None:
        fields = [(f.name, str(f.type), f.nullable, _said(f.metadata)) for f in schema]
        self._hash = hashlib.sha256(repr((fields, _said(schema.metadata))).encode())

    def feed(self, table: pa.Table) -> None:
        for start in range(0, table.num_rows, HASH_ROWS):
            chunk = table.slice(start, HASH_ROWS)
            for column in chunk.columns:
                self._feed(column.combine_chunks())

    def _feed(self, array: pa.Array) -> None:
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks) if array.num_chunks else array.chunk(0)
        self._hash.update(len(array).to_bytes(8, "little"))
        self._hash.update(np.packbits(np.asarray(array.is_valid())).tobytes())
        kind = array.type
        if pa.types.is_list(kind):
            lengths = array.value_lengths().fill_null(0)
            self._hash.update(np.asarray(lengths).astype("<i8").tobytes())
            self._feed(array.flatten())
        elif pa.types.is_struct(kind):
            for child in array.flatten():
                self._feed(child)
        elif pa.types.is_string(kind):
            for value in array.drop_null().to_pylist():
                data = value.encode("utf-8", "surrogatepass")
                self._hash.update(len(data).to_bytes(8, "little") + data)
        else:
            values = np.asarray(array.drop_null())
            if values.dtype == object:  # its bytes would be addresses
                raise TypeError(f"no version can be made of a column of {kind}")
            self._hash.update(values.tobytes())

    def version(self) -> str:
        return self._hash.hexdigest()[:16]


def _said(metadata: dict[bytes, bytes] | None) -> list[tuple[bytes, bytes]]:
    return sorted((metadata or {}).items())
