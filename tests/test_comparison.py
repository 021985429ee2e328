"""What the Compare page computes without being drawn: its links, its file, its paired comparisons."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from scipy import stats

from lrcore import experiments
from lrcore.confounds import differences
from lrcore.ensemble import History
from lrcore.metrics import MEASURES
from lrcore.presets import PRESETS
from lrcore.recipes import ARTICLE, Recipe
from lrcore.schedules import SCHEDULES, Constant, TimeBasedDecay
from pages.components import comparison
from pages.components.comparison import LETTERS, Entry
from pages.components.comparison_tables import cells
from pages.components.comparison_tables import csv as csv_text
from pages.components.comparison_verdicts import compare

SEEDS = range(4)
TARGET = ("accuracy", 0.95)


def article():
    """The article's four as entries."""
    return comparison.entries_of(PRESETS["The article's four"])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_link_gives_back_every_recipe_whatever_its_schedule(name):
    odd = Recipe(SCHEDULES[name](), "update", 0.77, True, 31, 11, 7, "tail", 0.13)
    link = comparison.link([Entry("A", Recipe(), "x"), Entry("B", odd, "y", shown=False)])
    assert Recipe.from_params({field: link[f"b.{field}"] for field in odd.to_params()}) == odd
    assert (link["recipes"], link["b.name"], link["b.shown"]) == ("2", "y", "false")


def test_a_link_letters_the_recipes_anew_in_their_order():
    link = comparison.link([Entry("D", Recipe(), "first"), Entry("B", Recipe(), "second")], baseline="B")
    assert (link["a.name"], link["b.name"], link["baseline"]) == ("first", "second", "B")


def test_labels_differ_even_where_names_do_not():
    entries = [
        Entry(letter, Recipe(), name) for letter, name in zip(LETTERS, ["", " ", "x", "x"], strict=False)
    ]
    assert [entry.label for entry in entries] == ["A: Constant", "B: Constant", "C: x", "D: x"]


def test_a_further_recipe_is_another_schedule_under_the_baselines_conditions():
    entries = article()
    for baseline in ("A", "C"):
        new = comparison.another(entries, baseline).recipe
        assert type(new.schedule) not in {type(entry.recipe.schedule) for entry in entries}
        assert differences(new, comparison.by_letter(entries, baseline).recipe) == ("schedule",)


def test_the_file_holds_the_numbers_and_the_settings_and_no_formula():
    entries = [Entry("A", Recipe(), "=1+1"), Entry("B", Recipe(TimeBasedDecay(0.1, 0.002)), '"x", y')]
    histories = experiments.run([entry.recipe for entry in entries], SEEDS)
    lines = [cells(entry, history, TARGET) for entry, history in zip(entries, histories, strict=True)]
    rows = list(csv.DictReader(io.StringIO(csv_text(entries, lines))))
    assert [row["Recipe"] for row in rows] == ["A: =1+1", 'B: "x", y']
    for row, history in zip(rows, histories, strict=True):
        final = history.val_loss[:, -1].astype(float)
        assert float(row["Final validation loss mean"]) == pytest.approx(final.mean())
        assert float(row["Final validation loss sd"]) == pytest.approx(final.std(ddof=1))
        assert {f"{measure.label} mean" for measure in MEASURES.values()} <= set(row)
        assert not any(value.startswith(("=", "+", "@")) for value in row.values())
    assert [row["schedule"] for row in rows] == ["Constant", "TimeBasedDecay"]
    assert [row["decay_rate"] for row in rows] == ["", "0.002"]


def made_up(**finals):
    """Two recipes' runs of three epochs that end as given, (seeds,) each, and are equal otherwise."""
    for values in finals.values():
        same = np.full((len(values), 2), 0.5)
        accuracy = np.append(same, np.full((len(values), 1), 0.97), axis=1)
        loss = np.append(same, np.array(values)[:, None], axis=1)
        yield History(loss, accuracy, loss, accuracy)


def entries_of_two():
    """A baseline and one recipe to compare with it."""
    return [Entry("A", Recipe()), Entry("B", Recipe(Constant(0.3)))]


def test_a_difference_is_the_mean_over_the_seeds_of_recipe_minus_baseline():
    entries = entries_of_two()
    loss, accuracy, *_ = compare(
        entries, list(made_up(a=[0.5, 0.4, 0.3], b=[0.451, 0.35, 0.249])), entries[0], TARGET
    )
    assert (loss.entry.letter, loss.measure.label) == ("B", "Final validation loss")
    assert loss.alone.mean == pytest.approx(-0.05)
    assert loss.verdict == "lower by 0.050"
    assert accuracy.verdict == "not distinguishable with 3 seeds"


def test_the_other_way_round_the_verdict_is_the_opposite():
    entries = entries_of_two()
    loss, *_ = compare(entries, list(made_up(a=[0.5, 0.4, 0.3], b=[0.451, 0.35, 0.249])), entries[1], TARGET)
    assert (loss.entry.letter, loss.verdict) == ("A", "higher by 0.050")


def test_a_pair_with_a_diverged_run_is_left_out():
    entries = entries_of_two()
    loss, *_ = compare(
        entries, list(made_up(a=[0.5, 0.4, 0.3, 9], b=[0.451, 0.35, 0.249, np.nan])), entries[0], TARGET
    )
    assert loss.alone.pairs == 3
    assert loss.alone.mean == pytest.approx(-0.05)


def test_every_verdict_uses_the_interval_that_all_comparisons_share():
    entries = article()
    histories = experiments.run(list(ARTICLE.values()), SEEDS)
    made = compare(entries, histories, entries[0], ("accuracy", 0.5))
    assert len(made) == 3 * 4
    widths = [
        (each.jointly.high - each.jointly.low) / (each.alone.high - each.alone.low) for each in made[:2]
    ]
    wider = stats.t.ppf(1 - 0.025 / 12, len(SEEDS) - 1) / stats.t.ppf(0.975, len(SEEDS) - 1)
    assert widths == pytest.approx([wider, wider])


def test_comparisons_that_cannot_be_made_do_not_widen_the_others():
    entries = article()
    histories = experiments.run(list(ARTICLE.values()), SEEDS)
    made = compare(entries, histories, entries[0], ("accuracy", 1.0))
    assert [each.jointly is None for each in made] == [False, False, False, True] * 3
    assert {each.verdict for each in made[3::4]} == {"cannot be averaged: some runs never get there"}
    width = (made[0].jointly.high - made[0].jointly.low) / (made[0].alone.high - made[0].alone.low)
    wider = stats.t.ppf(1 - 0.025 / 9, len(SEEDS) - 1) / stats.t.ppf(0.975, len(SEEDS) - 1)
    assert width == pytest.approx(wider)
