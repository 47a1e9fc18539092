"""Escapes of half a character in what an agent asks."""

import io
import json

import pytest

from classifier.pipeline.whole_lines import whole, whole_lines


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (r'"plain"', "plain"),
        (r'"a\ud800"', "a\ufffd"),
        (r'"\uDC00b"', "\ufffdb"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud800\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\\ud800"', r"\ud800"),  # a backslash, and five letters
        (r'"\\\ud800"', "\\\ufffd"),
        (r'"\u00e9 \n"', "\u00e9 \n"),
    ],
)
def test_what_stands_alone_becomes_the_sign_for_it(line, text):
    assert json.loads(whole(line.encode())) == text


def test_a_stream_is_read_to_its_end():
    lines = [b'"a"\n', rb'"\ud800"' + b"\n", b'"last"']
    found = list(whole_lines(io.BytesIO(b"".join(lines))))
    assert [json.loads(line) for line in found] == ["a", "\ufffd", "last"]
