"""Settings: their rules in words, the values they accept, and the errors for others."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from lrcore.settings import Choice, check_settings, hyperparameter, number_text, settings_of


def declared(**rule):
    return settings_of(example(**rule))["size"]


def example(default=1, **rule):
    """A dataclass with one declared number, `size`, and one plain field."""

    @dataclass(frozen=True)
    class Example:
        size: float = hyperparameter(
            default, label="Size", symbol="s", offered=[1, 2], help="How large.", **rule
        )
        plain: str = "text"

        __post_init__ = check_settings

    return Example


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "a finite number"),
        ({"low": 0}, "a finite number >= 0"),
        ({"low": 0, "low_open": True}, "a finite number > 0"),
        ({"high": 1}, "a finite number <= 1"),
        ({"low": 0, "high": 1, "high_open": True}, "a finite number >= 0 and < 1"),
        ({"low": 1, "high": 200_000, "whole": True}, "a whole number >= 1 and <= 200000"),
    ],
)
def test_the_rule_in_words(rule, words):
    assert declared(**rule).rule == words


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ({}, [-1e300, 0, 1e300], [math.nan, math.inf, -math.inf]),
        ({"low": 0, "high": 1}, [0, 0.5, 1], [-1e-300, 1.0000001]),
        ({"low": 0, "high": 1, "low_open": True, "high_open": True}, [1e-300, 0.999], [0, 1]),
        ({"whole": True}, [3, 3.0, -2, np.int64(3)], [3.5, np.float32(0.5)]),
        ({}, [np.float32(0.5), Fraction(1, 3)], [True, False, np.True_, None, "1", [1], 1j, 10**400]),
    ],
)
def test_a_value_is_accepted_only_within_the_rule(rule, kept, broken):
    assert [value for value in kept if not declared(**rule).accepts(value)] == []
    assert [value for value in broken if declared(**rule).accepts(value)] == []


@pytest.mark.parametrize(
    ("whole", "value", "kind"),
    [(True, 3.0, int), (True, np.int64(3), int), (False, 3, float), (False, np.float64(3), float)],
)
def test_a_checked_value_is_stored_as_a_plain_number(whole, value, kind):
    instance = example(whole=whole)(value)
    assert instance.size == 3
    assert type(instance.size) is kind


def test_a_broken_rule_names_the_argument_the_rule_and_the_value():
    with pytest.raises(ValueError, match=r"^`size` must be a finite number >= 0\. Received: size=-2$"):
        example(low=0)(-2)


def test_the_default_is_checked_too():
    with pytest.raises(ValueError, match="`size` must be"):
        example(default=-2, low=0)()


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(ValueError, match="`size` must be") as error:
        example()("x" * 10_000)
    assert len(str(error.value)) < 150


@pytest.mark.parametrize(("text", "value"), [("0.25", 0.25), ("1e-3", 0.001), (" 2 ", 2), ("-1", -1)])
def test_a_number_is_read_from_text(text, value):
    assert declared().parse("size", text) == value


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "-inf", "1e999", "one", "1,5", "0x10", "2 3", "9**9", None]
)
def test_text_that_is_no_finite_number_is_refused_by_name(text):
    with pytest.raises(ValueError, match="`size` must be a finite number"):
        declared().parse("size", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1.0, "1"),
        (50, "50"),
        (1e-5, "1e-05"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1 / 3, repr(1 / 3)),
    ],
)
def test_a_number_has_the_shortest_text_that_reads_back_exactly(value, text):
    assert number_text(value) == text
    assert float(text) == value


def test_declarations_list_the_declared_fields_only():
    of_class, of_instance = settings_of(example()), settings_of(example()())
    assert list(of_class) == list(of_instance) == ["size"]
    assert of_class["size"].label == "Size"
    assert of_class["size"].offered == (1, 2)


def test_a_link_has_the_value_of_a_choice_not_its_word():
    choice = Choice(label="How", default="a", options={"a": "quickly", "b": "slowly"})
    assert [choice.spell(value) for value in choice.options] == ["a", "b"]
    assert [choice.word(value) for value in choice.options] == ["quickly", "slowly"]
    assert [choice.parse("how", text) for text in ("b", "slowly")] == [
        "b",
        "b",
    ]  # the word, as older links have it
    reworded = Choice(label="How", default="a", options={"a": "fast", "b": "in a while"})
    assert reworded.parse("how", choice.spell("b")) == "b"
