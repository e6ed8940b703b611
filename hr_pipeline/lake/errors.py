"""Errors that a user can mend: one line that says what is wrong, where, and how to mend it."""


class InputError(Exception):
    """The user's input is wrong. The message is one line; the command line exits with code 2."""

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        line = f"{where}: {what}" if where else what
        super().__init__(" ".join((line + (f"; {mend}" if mend else "")).split()))
