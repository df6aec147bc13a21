from functools import wraps

from alembic import op


def only_on(*dialects):
    def decorate(function):
        @wraps(function)
        def run():
            if op.get_bind().dialect.name in dialects:
                function()

        return run

    return decorate


class Timed:
    """A decorator that is an object, and so a function without a name of its own."""

    def __init__(self, function):
        self.function = function

    def __call__(self, **kwargs):
        return self.function(**kwargs)
