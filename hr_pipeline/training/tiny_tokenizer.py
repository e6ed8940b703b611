"""A small tokenizer, learnt from the texts of one training: what models made from scratch read.

It exists so that every trainer runs without weights from outside. Byte-level BPE knows every text:
`decode(encode(text)) == text`, but for a text that holds one of the two marks.
"""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PADDING, END = "<|padding|>", "<|end|>"
SIZE = 1024
LEAST = 2 + 256  # the marks and every byte


def make_tokenizer(texts: Iterable[str], size: int = SIZE) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `size` ids (at least `LEAST`): padding is 0, the end of an answer 1.
    It adds no mark of its own to a text. The same texts in any order make the same one."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(size, LEAST),
        min_frequency=2,
        special_tokens=[PADDING, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PADDING,
        eos_token=END,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )
