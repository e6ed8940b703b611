"""The corpora that are measured side by side: name -> dataset of triples."""

OURS, RELEASED = "rjdb/triples", "rjdb_released/triples"
CORPORA = {"ours": OURS, "released": RELEASED}
