"""The one error class of Lexpand."""


class LexpandError(Exception):
    """Its message says "[part] expected X, got Y. Do Z."; `code` is MODEL, INDEX, QUERY or CONFIGURATION."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
