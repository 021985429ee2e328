"""What the Compare page computes without being drawn: its links, its file, its paired comparisons."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import wording
from lrcore.findings.metrics import MEASURES
from lrcore.findings.verdicts import judge
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.confounds import differences
from lrcore.recipes.presets import PRESETS
from lrcore.recipes.recipe import SETTINGS, Recipe
from lrcore.schedules.catalogue import SCHEDULES, Constant, ExponentialDecay, StepDecay, TimeBasedDecay
from lrcore.training import experiments
from pages.components.compare import charts, comparison, dependence, links, one_by_one, prediction
from pages.components.compare.comparison import LETTERS, Entry
from pages.components.compare.tables import cells, heading
from pages.components.compare.tables import csv as csv_text
from pages.components.compare.verdicts import (
    against_lowest,
    compare,
    headline,
    lowest_recipe,
    number_of_comparisons,
    recipe_in_words,
)
from tests.datasets import small_dataset
from tests.histories import made

SEEDS = range(4)
TARGET = ("accuracy", 0.95)


def article():
    """The article's four as entries."""
    return comparison.entries_of(PRESETS["article"])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_link_gives_back_every_recipe_whatever_its_schedule(name):
    odd = Recipe(SCHEDULES[name](), "update", SGD(0.77, True), 31, 11, 7, "tail", 0.13)
    link = links.link([Entry("A", Recipe(), "x"), Entry("B", odd, "y", shown=False)])
    assert Recipe.from_params({field: link[f"b.{field}"] for field in odd.to_params()}) == odd
    assert (link["recipes"], link["b.name"], link["b.shown"]) == ("2", "y", "false")


def test_a_link_letters_the_recipes_anew_in_their_order():
    link = links.link([Entry("D", Recipe(), "first"), Entry("B", Recipe(), "second")], baseline="B")
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
    histories = experiments.train([entry.recipe for entry in entries], SEEDS)
    lines = [cells(entry, history, TARGET) for entry, history in zip(entries, histories, strict=True)]
    rows = list(csv.DictReader(io.StringIO(csv_text(entries, lines))))
    assert [row["Recipe"] for row in rows] == ["A: =1+1", 'B: "x", y']
    for row, history in zip(rows, histories, strict=True):
        final = history.val_loss[:, -1].astype(float)
        assert float(row["Final validation loss median"]) == pytest.approx(np.median(final))
        assert float(row["Final validation loss best"]) == pytest.approx(final.min())
        assert float(row["Final validation accuracy best"]) == pytest.approx(
            history.val_accuracy[:, -1].max()
        )
        assert {f"{measure.label} worst" for measure in MEASURES.values()} <= set(row)
        assert not any(value.startswith(("=", "+", "@")) for value in row.values())
    assert [row["schedule"] for row in rows] == ["Constant", "TimeBasedDecay"]
    assert [row["decay_rate"] for row in rows] == ["", "0.002"]


def made_up(losses, lost=()):
    """A recipe's runs of three epochs that end with these losses, (seeds,), and are equal otherwise."""
    same = np.full((len(losses), 2), 0.5)
    accuracy = np.append(same, np.full((len(losses), 1), 0.97), axis=1)
    loss = np.append(same, np.array(losses)[:, None], axis=1)
    return made(loss, accuracy, loss, accuracy, np.isin(np.arange(len(losses)), lost))


def letters(number):
    """So many different recipes."""
    return [Entry(letter, Recipe(Constant(0.1 + k))) for k, letter in enumerate(LETTERS[:number])]


def judged(*losses, baseline=0, lost=None):
    """What the page finds of recipes that end with these losses; `lost` are the lost seeds by recipe."""
    entries = letters(len(losses))
    histories = [made_up(each, (lost or {}).get(k, ())) for k, each in enumerate(losses)]
    number = number_of_comparisons(entries, histories, entries[baseline], predicting=False)
    return compare(entries, histories, entries[baseline], TARGET, number)


LOW, HIGH = [0.3 + k / 1000 for k in range(20)], [0.5 + k / 100 for k in range(20)]


def test_the_loss_is_compared_seed_by_seed_and_the_rest_is_equal():
    loss, *rest = judged(LOW, HIGH)
    assert (loss.entry.letter, loss.measure.label) == ("B", "Final validation loss")
    # differences .2, .209, ..., .371: the median is between the 10th and the 11th, the ends the 5th and the 16th
    assert loss.sentence == "**higher on 20 of 20 seeds**; median difference +0.285 [+0.236, +0.335]"
    assert [each.sentence for each in rest] == ["**equal on all 20 seeds**"] * 3


def test_the_other_way_round_the_verdict_is_the_opposite():
    loss, *_ = judged(LOW, HIGH, baseline=1)
    assert loss.entry.letter == "A"
    assert loss.sentence == "**lower on 20 of 20 seeds**; median difference -0.285 [-0.335, -0.236]"


def test_a_lost_run_is_the_worst_of_its_pair_in_every_measure_and_named_first():
    loss, accuracy, roughness, epochs = made = judged(LOW, [0.001] * 20, lost={1: range(17)})
    assert "higher on 17 of 20 seeds" in loss.sentence
    assert "lower on 17 of 20 seeds" in accuracy.sentence
    assert "higher on 17 of 20 seeds" in roughness.sentence
    assert "later on 17 of 20 seeds" in epochs.sentence
    lost = {"B": np.arange(20) < 17, "A": np.zeros(20, bool)}
    assert recipe_in_words(made, lost).startswith(
        "**B** against **A**, the baseline: **B is lost on 17 of 20 seeds, which counts as worse**.\n"
    )


def test_every_comparison_of_the_page_counts_and_none_is_left_out():
    entries = article()
    histories = experiments.train(list(ARTICLE.values()), SEEDS)
    for target in (0.5, 1.0):
        number = number_of_comparisons(entries, histories, entries[0], predicting=False)
        made = compare(entries, histories, entries[0], ("accuracy", target), number)
        assert number == len(made) == 3 * 4
        assert {each.verdict.comparisons for each in made} == {12}
    assert {each.sentence for each in made[3::4]} == {f"**neither gets there on any of {len(SEEDS)} seeds**"}


def test_the_same_recipe_twice_is_said_to_be_the_same():
    entries = [Entry("A", Recipe()), Entry("B", Recipe())]
    made = compare(entries, [made_up(LOW)] * 2, entries[0], TARGET, 4)
    lost = dict.fromkeys("AB", np.zeros(20, bool))
    assert (
        recipe_in_words(made, lost)
        == "**B** against **A**, the baseline: **the same recipe**, and so the same runs."
    )


# The tables


def test_a_cell_tells_the_median_the_best_and_the_worst_run():
    row = cells(letters(1)[0], made_up([0.5, 0.25, 0.125]), TARGET)
    assert row["Final validation loss"].text == "0.250 (0.125 to 0.500)"
    assert row["Final validation accuracy"].text == "0.970"
    assert row["Lost"].text == "0 of 3"


def test_huge_numbers_and_lost_runs_are_short_in_the_table_and_words_in_the_file():
    entry, history = letters(1)[0], made_up([0.5, 2e25, 7.0], lost=[2])
    row = cells(entry, history, TARGET)
    assert row["Final validation loss"].text == "2.0e+25 (0.500 to lost)"
    assert row["Lost"].text == "1 of 3"
    assert row[heading(TARGET)].text == "3 (3 to never)"
    (line,) = csv.DictReader(io.StringIO(csv_text([entry], [row])))
    assert line["Final validation loss worst"] == "lost"
    assert line[f"{heading(TARGET)} 90 % of the runs within"] == "never"
    assert not {"inf", "nan", "-inf"} & set(line.values())


def test_a_recipe_whose_runs_are_all_lost_has_no_number():
    row = cells(letters(1)[0], made_up([0.5, 0.6], lost=[0, 1]), TARGET)
    assert {row[measure.label].text for measure in MEASURES.values()} == {"lost"}
    assert row[heading(TARGET)].text == "never"


# What the answer depends on, and the seeds so far


def test_the_line_on_equal_rates_says_each_verdict_in_a_word_and_every_lost_run():
    outcomes = [HIGH, SMALL, LOW, MIXED, NEAR]
    judged = [judge(np.array(each), np.array(LOW), MEASURES["val_loss"].scale, 5) for each in outcomes]
    told = dependence.in_words(judged, ["", "", "", "", "B is lost on 2 of 20 seeds"], ("B", "A"))
    assert told == (
        "**At the equal rates** 0.01, 0.03, 0.1, 0.3 and 1, on 20 seeds each, B is, against A: "
        "**higher, higher by little, equal, not decided, about equal**. "
        "At the rate 1 B is lost on 2 of 20 seeds, which counts as worse."
    )


def test_the_seeds_so_far_are_counted_the_larger_number_first_and_not_judged():
    loss = MEASURES["val_loss"].scale
    verdict = judge(np.array([1.0, 1, 3, 0]), np.array([2.0, 2, 2, 0]), loss, 1)
    assert one_by_one.in_words(verdict, ("B", "A"), 20) == (
        "**After 4 of 20 seeds** the final validation loss of B is, against A, lower on 2 of 4, higher on 1 and equal "
        "on 1; median difference -0.500."
    )


# The prediction


def predicted(choice, *losses, baseline=0, lost=None):
    """What is said of a prediction about recipes that end with these losses."""
    entries = letters(len(losses))
    histories = [made_up(each, (lost or {}).get(k, ())) for k, each in enumerate(losses)]
    number = number_of_comparisons(entries, histories, entries[baseline], predicting=True)
    return prediction.in_words(choice, entries, histories, entries[baseline], number)[0]


NEAR = [each + 0.001 * (-1) ** k for k, each in enumerate(LOW)]
MIXED = [each + 0.1 * (-1) ** k for k, each in enumerate(LOW)]
SMALL = [each + 0.001 for each in LOW]


@pytest.mark.parametrize(
    ("other", "of_lowest", "of_other", "of_none"),
    [
        (HIGH, "Right", "Wrong", "Wrong"),
        (NEAR, "Right, but it was close", "As good as right", "Right"),
        (LOW, "Right, but it was close", "As good as right", "Right"),
        (MIXED, "Right so far, but not decided", "Not decided", "Not decided"),
        (SMALL, "Right", "Wrong, but close", "Wrong, but close"),
    ],
)
@pytest.mark.parametrize("baseline", [0, 1])
def test_right_and_wrong_follow_from_the_verdict(other, of_lowest, of_other, of_none, baseline):
    medians = np.median([LOW, other], axis=1)
    lowest, highest = ("A", "B") if medians[0] < medians[1] else ("B", "A")
    if medians[0] == medians[1]:  # then the baseline is preferred
        lowest, highest = "AB"[baseline], "BA"[baseline]
    assert predicted(lowest, LOW, other, baseline=baseline).startswith(
        f"You chose {lowest}. **{of_lowest}.** The lowest median is that of {lowest},"
    )
    assert predicted(highest, LOW, other, baseline=baseline).startswith(
        f"You chose {highest}. **{of_other}.**"
    )
    said = predicted(prediction.NONE, LOW, other, baseline=baseline)
    assert said.startswith(f"You said that they will be about equal. **{of_none}.**")


def test_of_two_recipes_the_prediction_says_what_the_page_says():
    for baseline in (0, 1):
        loss, *_ = judged(LOW, HIGH, baseline=baseline)
        counts = loss.sentence.partition(";")[0].replace("lower", "higher")
        assert f"B against A: {counts}" in predicted("A", LOW, HIGH, baseline=baseline)


def test_with_more_than_two_recipes_all_rivals_are_judged():
    assert "**Right.**" in predicted("A", LOW, HIGH, HIGH)
    said = predicted("A", LOW, HIGH, MIXED)
    assert "**Right so far, but not decided.**" in said
    assert "- B against A: **higher on 20 of 20 seeds**" in said
    assert "- C against A: **not decided by 20 seeds**" in said
    assert "**Wrong.**" in predicted("B", LOW, HIGH, MIXED)
    assert "**Not decided.**" in predicted("C", LOW, HIGH, MIXED)
    assert "**Wrong.**" in predicted("none", LOW, HIGH, MIXED)
    assert "**Not decided.**" in predicted("none", LOW, NEAR, MIXED)


def test_lost_runs_stand_in_the_answer():
    said = predicted("B", LOW, LOW, lost={1: range(18)})
    assert said.startswith("You chose B. **Wrong.**")
    assert "B is lost on 18 of 20 seeds, which counts as worse." in said
    assert "B's typical run is lost" in said


@pytest.mark.parametrize("choice", ["A", "B"])
def test_where_every_run_is_lost_no_recipe_is_the_lowest(choice):
    everything = {0: range(20), 1: range(20)}
    said = predicted(choice, LOW, LOW, lost=everything)
    assert "**Neither right nor wrong.** No recipe has a lowest median" in said
    assert "**both are lost on all 20 seeds**" in said
    assert "**Right.**" in predicted("none", LOW, LOW, lost=everything)


def test_lower_by_the_median_and_higher_on_most_seeds_is_neither_right_nor_wrong():
    values = np.arange(21.0)
    other = np.where(values < 10, values + 5, values - 0.001)  # lower on 11, and its median is higher
    more = np.where(values < 3, 100.0, values - 0.001)
    assert np.median(more) > np.median(values)
    assert "lower on 18 of 21 seeds" in predicted("A", values, more)
    assert "**Neither right nor wrong.**" in predicted("A", values, more)
    assert "**Neither right nor wrong.**" in predicted("B", values, more)
    assert "**Not decided.**" in predicted(
        "B" if np.median(other) > np.median(values) else "A", values, other
    )


@pytest.mark.parametrize(
    ("recipes", "baseline", "number"), [(2, 0, 4), (2, 1, 4), (4, 0, 12), (4, 2, 14), (6, 5, 24)]
)
def test_the_prediction_adds_the_pairs_that_the_page_has_not_judged(recipes, baseline, number):
    entries = letters(recipes)
    histories = [made_up(np.array(LOW) + 0.1 * k) for k in range(recipes)]
    assert number_of_comparisons(entries, histories, entries[baseline], predicting=True) == number
    alone = number_of_comparisons(entries, histories, entries[baseline], predicting=False)
    assert alone == 4 * (recipes - 1)


RECIPES = st.builds(
    Recipe,
    st.sampled_from([Constant, StepDecay, ExponentialDecay]).flatmap(
        lambda schedule: st.sampled_from([1e-4, 0.1, 0.11, 3.0, 30.0, 1e3]).map(schedule)
    ),
    optimizer=st.sampled_from([SGD(), SGD(0.9)]),
    epochs=st.sampled_from([1, 3, 40]),
    hidden_units=st.just(4),
)


@settings(max_examples=60, derandomize=True)
@given(
    st.lists(RECIPES, min_size=2, max_size=4),
    st.sampled_from([1, 2, 8, 20]),
    st.integers(0, 3),
    st.integers(0, 4),
)
def test_no_sentence_contradicts_another_whatever_is_compared(recipes, seeds, baseline, choice):
    entries = [Entry(letter, recipe) for letter, recipe in zip(LETTERS, recipes, strict=False)]
    histories = experiments.train(recipes, range(seeds))
    reference = entries[baseline % len(entries)]
    number = number_of_comparisons(entries, histories, reference, predicting=True)
    made = compare(entries, histories, reference, ("accuracy", 0.8), number)
    lost = {entry.letter: history.lost for entry, history in zip(entries, histories, strict=True)}
    told = [
        recipe_in_words(made[first : first + 4], {name: lost[name] for name in made[first].names})
        for first in range(0, len(made), 4)
    ]
    chosen = [*(entry.letter for entry in entries), prediction.NONE][choice % (len(entries) + 1)]
    answer, icon = prediction.in_words(chosen, entries, histories, reference, number)
    rows = [
        cell.text
        for entry, history in zip(entries, histories, strict=True)
        for cell in cells(entry, history, ("accuracy", 0.8)).values()
    ]
    top = headline(made, dict(zip(LETTERS, histories, strict=False)))
    assert all(text in top for text in (wording.lost_runs(lost), f"recipe {reference.letter}, the baseline"))
    for first in made[::4]:  # the line at the top says what the sentences below say
        assert first.sentence.split("**")[1] in top
    so_far = one_by_one.in_words(made[0].verdict, made[0].names, 200)
    for text in (*told, answer, *rows, top, so_far):
        assert not re.search(r"\b(inf|nan|None|1 seeds|1 runs)\b", text), text
    assert max(map(len, rows)) < 40
    assert icon in ("check", "close", "balance")
    rivals = against_lowest(entries, histories, reference, number)
    best = lowest_recipe(entries, histories, reference).letter
    for each in made[::4]:  # the loss: wherever the page and the prediction judge a pair, they agree
        if best == reference.letter:
            assert repr(rivals[each.entry.letter]) == repr(each.verdict)
        elif each.entry.letter == best:
            assert repr(rivals[reference.letter]) == repr(each.verdict.reversed())
    if chosen == prediction.NONE:
        assert ("**Right.**" in answer) == all(each.is_level for each in rivals.values())
    elif chosen != best:
        assert ("**Wrong" in answer) == (rivals[chosen].outcome == "higher")


def test_recipes_of_one_schedule_have_hues_of_their_own_and_the_first_has_the_schedules():
    recipes = [Recipe(Constant(0.1 * number)) for number in range(1, 6)] + [Recipe(StepDecay())]
    entries = [Entry(letter, recipe) for letter, recipe in zip("ABCDEF", recipes, strict=True)]
    looks = charts.styles(entries)
    assert len({colour for colour, _ in looks}) == len(set(looks)) == 6
    assert looks[0] == figures.schedule_style("Constant")
    assert looks[5] == figures.schedule_style("StepDecay")


def test_each_data_set_has_its_own_baseline_of_accuracy_and_names_it(tmp_path, monkeypatch):
    twin = replace(DATASETS["ionosphere"], title="Twin")  # the same answer is right as often
    for name, data in {"twin": twin, "small": small_dataset(tmp_path)}.items():
        monkeypatch.setitem(DATASETS, name, data)
        monkeypatch.setitem(SETTINGS["data"].options, name, data.title)

    def baselines(*recipes: Recipe) -> list[str]:
        entries = [Entry(letter, recipe) for letter, recipe in zip("AB", recipes, strict=True)]
        histories = [made(*[np.full((1, 2), 0.5)] * 4, [False])] * 2
        (_, accuracy) = charts.Picture(entries, "A", "A", charts.View(), histories).panels()
        return [curve.label for curve in accuracy.curves if not curve.short]

    assert baselines(Recipe(), Recipe(data="twin")) == [
        'always "good": 63.8% (Ionosphere)',
        'always "good": 63.8% (Twin)',
    ]
    assert baselines(Recipe(), Recipe(data="small", split="tail")) == [
        'always "good": 63.8% (Ionosphere, stratified split)',
        'always "absent": 50.0% (Other, tail split)',
    ]
