"""An input error is one line, whatever is put in."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError

WORDS = st.text() | st.sampled_from(["a\nb", "a\r\nb", "\x85", "\u2028", "\x1c", "a\x0bb\x0cc"])


@given(WORDS, WORDS, WORDS)
def test_the_message_is_at_most_one_line_and_keeps_every_word(a: str, b: str, c: str) -> None:
    message = str(InputError(a, b, c))
    assert len(message.splitlines()) <= 1
    assert message == message.strip()
    for text in (a, b, c):
        assert all(word in message for word in text.split())


def test_it_says_what_where_and_how_to_mend() -> None:
    error = InputError("no such file", "data/raw/x.csv", "put it there")
    assert str(error) == "data/raw/x.csv: no such file; put it there"
    assert str(InputError("no such file")) == "no such file"
    assert str(InputError("no such file", mend="put it there")) == "no such file; put it there"


def test_it_survives_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(InputError("what", "where", "mend")))
    assert (str(error), error.what, error.where) == ("where: what; mend", "what", "where")
