"""A chat model of two layers with random weights.

`python tiny_model.py FOLDER PORT` makes one and serves it with `transformers serve` on 127.0.0.1;
it is run by the Python that has transformers, so it imports nothing of this project.
"""

import os
import sys

if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHAT = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def make(folder: str, seed: int = 1) -> None:
    """One token is one byte of text."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<end>", "<user>", "<assistant>"]
    vocabulary = {token: number for number, token in enumerate(special + letters)}
    bytes_alone = Tokenizer(models.BPE(vocabulary, []))
    bytes_alone.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_alone.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_alone,
        eos_token="<end>",
        pad_token="<end>",
        additional_special_tokens=special[1:],
        chat_template=CHAT,
    )
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


if __name__ == "__main__":
    make(sys.argv[1])
    where = ["--host", "127.0.0.1", "--port", sys.argv[2], "--device", "cpu"]
    sys.argv = ["transformers", "serve", sys.argv[1], *where]
    from transformers.cli.transformers import main

    main()
