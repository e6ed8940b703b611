"""An encoder-decoder made from scratch: what students are where no weights are at hand."""

from typing import Any

import torch
from transformers import PreTrainedTokenizerBase, T5Config, T5ForConditionalGeneration

WIDTH, LAYERS, HEADS = 128, 2, 4


def make_t5(tokenizer: PreTrainedTokenizerBase, seed: int) -> T5ForConditionalGeneration:
    """A T5 of `WIDTH` with `LAYERS` in encoder and decoder each, for the tokenizer's ids; the seed
    decides its weights. No dropout: it learns by heart within seconds, which is what it is for."""
    kind: Any = T5Config  # its signature lacks what every configuration takes
    config = kind(
        vocab_size=len(tokenizer),
        d_model=WIDTH,
        d_kv=WIDTH // HEADS,
        d_ff=2 * WIDTH,
        num_layers=LAYERS,
        num_decoder_layers=LAYERS,
        num_heads=HEADS,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return T5ForConditionalGeneration(config)
