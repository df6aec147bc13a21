import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.errors import ConfigurationError
from tests.project.configurations import loaded
from tests.project.test_configuration import FULL

WORDS = [*"{}[]:,-&*!|>'\"%@`#?\n\t \\0", "\n  ", "${", "${A}", "<<: *a", "&a ", "*a", "!!str ", "null", "url: ",
         "5x", "sqlite:///", "postgresql://u:pw@h/d", "databases:", "\ufeff", "\u200b", "a"]  # fmt: skip
CUTS = st.integers(0, len(FULL))


@st.composite
def broken_files(draw: st.DrawFn) -> str:
    """A sound file with a few pieces cut out and others put in."""
    text = FULL
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(CUTS), draw(CUTS)))
        text = text[:start] + draw(st.sampled_from(WORDS)) + text[min(end, start + 12) :]
    return text


TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=25).map("".join), broken_files())


@settings(max_examples=200, deadline=None)
@given(TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary())
@example(b"environments: {a: {url: 'postgresql://h:" + b"9" * 5000 + b"/d'}}")
@example(b"projects: [1]\nenvironments: {x: {project: 1}}")
def test_any_bytes_are_a_configuration_or_an_error_that_says_why(content: bytes) -> None:
    """No content of the file ends in anything but a configuration or a ConfigurationError with a mend."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            loaded(Path(directory).resolve(), content, {"A": "b"})
        except ConfigurationError as error:
            silent = [problem for problem in error.problems or (error,) if not (problem.what and problem.mend)]
        else:
            silent = []
    assert not silent
