"""Task sets made from triples."""
