"""Text that any file can hold."""


def well_formed(text: str) -> str:
    """The text with half characters spelled out: a model may send them, no file can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()
