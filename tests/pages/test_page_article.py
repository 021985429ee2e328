"""The page that checks the article: its stories, and its numbers against an independent count."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import parse_qs

import numpy as np
import pytest
from playwright.sync_api import expect

from lrcore.findings.claims import CAUSES, CLAIMS, FAILS, HOLDS, OUTCOMES, RECIPES, TUNED
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.schedules.catalogue import Constant
from lrcore.training import experiments
from pages.components.article.claims import TWO_BY_TWO
from pages.components.article.experiments import ARTICLE_SEEDS, CONTROL_SEEDS
from tests.conftest import no_traceback, settle, slider, still
from tests.visit import PATIENCE, opened, opened_alone, run, texts

CONTROLS = {"experiment", "one_run", "seed", "target", "runs"}


FOLDED = ("table", "causes", "traps", "method")


def open_article(*parts, **params):
    """The page with a link's parameters, and with those of its `FOLDED` parts unfolded."""
    app = opened_alone("8_The_article.py", params)
    if parts:
        for part in parts:
            app.session_state[f"article.{part}"] = True
        run(app)
    return app


def table(app, column):
    """The table that has this column."""
    return next(each.value for each in app.dataframe if column in each.value.columns)


def verdict(app, statement, which=0):
    """The verdict that stands before a statement, and the evidence after it."""
    said = [each.value for each in app.markdown if statement in each.value][which]
    outcome, evidence = re.fullmatch(
        r":\w+-badge\[:material/\w+: ([\w ]+)\] .*\n:small\[(.*)\]", said, re.S
    ).groups()
    return outcome, evidence


def test_every_statement_of_every_claim_has_its_verdict():
    app = open_article("causes")
    for claim in (*CLAIMS, *CAUSES):
        assert claim.statement in texts(app)
        for part in claim.parts:
            outcome, evidence = verdict(app, part.statement)
            assert outcome in OUTCOMES
            assert evidence[-1] == "."


def test_a_claims_label_begins_with_what_became_of_its_parts():
    app = open_article()
    labels = [each.label for each in app.expander if each.label.startswith("**")]
    said = [
        "Holds in 3 of 5 parts",
        "Holds in all 5 parts",
        "Holds in all 5 parts",
        "Holds",
        "Holds in 2 of 6 parts",
    ]
    for label, start, claim in zip(labels, said, CLAIMS, strict=True):
        assert label == f"**{start}.** {claim.title}"
        outcomes = [verdict(app, part.statement)[0] for part in claim.parts]
        assert re.findall(r"\d+", start)[:1] in ([], [str(outcomes.count(HOLDS))])


def test_the_page_opens_with_the_answer_and_names_the_article():
    app = open_article()
    first, second = app.info[0].value.removesuffix(".").split(". ")
    assert "time-based and step decay reach a training accuracy of 95 % in fewer epochs" in first
    assert first.endswith("exponential decay does not")
    assert "none of the decays" in second
    assert '"Decoding Learning Rate Decay (code included)"' in app.markdown[0].value
    assert "https://medium.com/analytics-vidhya" in app.markdown[0].value
    app.slider(key="target").set_value(0.5)
    run(app)
    assert app.info[0].value.startswith("As written, none of the decays reaches a training accuracy of 50 %")


def test_nothing_of_a_folded_part_is_made_before_it_is_unfolded():
    app = open_article()
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe) == 1
    assert "Where the article added decay" not in texts(app)


def axes(app):
    """The ranges of the axes of the experiment's chart, and its height."""
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    return [layout[f"yaxis{row}"]["range"] for row in ("", 2, 3)], layout["height"]


def test_all_experiments_and_seeds_are_drawn_on_the_same_axes_and_fit_into_them():
    app = open_article()
    held = axes(app)
    (_, top), (low, high), (_, most) = held[0]
    for name, recipe in ARTICLE.items():
        (history,) = experiments.train([recipe], range(40))
        assert recipe.learning_rates().max() < top
        assert max(history.loss.max(), history.val_loss.max()) < most
        assert max(history.accuracy.max(), history.val_accuracy.max()) < high
        assert history.accuracy[:, 20:].min() > low  # where bumps are measured, nothing is cut off
        app.button_group(key="experiment").set_value(name)
        run(app)
        assert axes(app) == held
    app.toggle(key="one_run").set_value(False)
    run(app)
    assert axes(app) == held


def test_the_bumps_of_the_run_that_is_shown_are_told():
    (history,) = experiments.train([ARTICLE["constant"]], range(3, 4))
    steps = [
        sum(abs(float(b) - float(a)) for a, b in pairwise(run[19:])) / 30 * 100
        for run in (history.accuracy[0], history.val_accuracy[0])
    ]
    app = open_article(seed="3")
    told = f"this run's accuracy changes by {steps[0]:.2f} points in training, {steps[1]:.2f} in validation"
    assert told in texts(app)


def test_the_count_of_verdicts_is_that_of_the_claims():
    app = open_article()
    (told,) = (each.value for each in app.markdown if "Taken apart" in each.value)
    counts = [int(number) for number in re.findall(r"\] (\d+)", told)]
    statements = [part.statement for claim in CLAIMS for part in claim.parts]
    assert f"they make {len(statements)} statements" in told
    assert sum(counts) == len(statements)
    outcomes = [verdict(app, each)[0] for each in statements]
    assert counts == [outcomes.count(each) for each in OUTCOMES]


def test_the_conclusion_holds_as_written_for_step_decay_and_not_at_equal_momentum():
    app = open_article("causes")
    outcome, evidence = verdict(app, "As written, step decay is faster")
    assert (outcome, evidence[:24]) == (HOLDS, "Faster on 200 of 200 see")
    outcome, evidence = verdict(app, "With equal momentum and initial rate, step decay is faster")
    assert outcome == FAILS
    assert evidence.startswith(f"Equal on all {CONTROL_SEEDS[0]} seeds")
    assert "a decay that has not begun cannot be the cause" in texts(app)


def test_the_third_control_sets_each_schedule_to_its_own_best_rate_and_leads_to_where_they_are_tuned():
    app = open_article("causes")
    for name, rival in (("time-based", 0.1), ("step", 0.056), ("exponential", 0.056)):
        _, evidence = verdict(app, f"With {name} decay the validation loss ends more than 5 % lower")
        momentum = ARTICLE[name].optimizer.momentum
        recipes = (
            TUNED[f"{name}, tuned"],
            replace(ARTICLE["constant"], schedule=Constant(rival), optimizer=SGD(momentum)),
        )
        own, other = (
            np.median(history.val_loss[:, -1])
            for history in experiments.train(recipes, range(CONTROL_SEEDS[0]))
        )
        assert evidence.startswith(f"Median {own:.3f} against {other:.3f}; median difference ")
    app = opened("8_The_article.py", session={"article.causes": True})
    (link,) = (each.proto for each in app.get("page_link") if each.proto.label.startswith("Tune the three"))
    told = parse_qs(link.query_string)
    assert [told[f"tune.{letter}.schedule"] for letter in "abc"] == [
        ["Constant"],
        ["StepDecay"],
        ["ExponentialDecay"],
    ]
    assert (told["momentum"], told["split"], told["tune.schedules"]) == (["0.9"], ["tail"], ["3"])


def test_another_target_changes_verdict_and_table():
    app = open_article("causes", "table")
    statement = "It needs about 50 epochs"
    assert verdict(app, statement)[0] == FAILS
    app.slider(key="target").set_value(0.97)
    run(app)
    assert verdict(app, statement)[0] == HOLDS
    assert table(app, "Recipe").columns[1] == "Epochs to 0.97"
    assert "a decay that has not begun" in texts(app)
    app.slider(key="target").set_value(0.98)
    run(app)
    assert "a decay that has not begun" not in texts(app)  # step decay is there only after its first drop


def test_what_another_target_would_change_is_a_table_of_the_verdicts_that_do():
    changing = table(open_article("method"), "95%")
    row = changing[changing.statement.str.startswith("It needs about 50 epochs")].iloc[0]
    assert (row["95%"], row["97%"]) == (FAILS, HOLDS)
    assert not changing.statement.str.contains("smoother").any()


def test_more_runs_of_the_added_recipes_are_trained_when_asked_for():
    app = open_article("causes", runs="100")
    _, evidence = verdict(app, "With step decay the validation accuracy is smoother")
    assert evidence.endswith("100 seeds.")


def test_an_experiment_shows_its_settings_and_what_else_it_changes():
    app = open_article(experiment="step", seed="7")
    settings = app.dataframe[0].value.set_index("setting").value
    assert settings.to_dict() == {
        "Clock": "epoch",
        "Rate, first to last": "0.1 to 0.00625",
        "Momentum": "0.9",
        "Nesterov momentum": "false",
        "Batch size": "28",
        "Epochs": "50",
        "Hidden units": "34",
        "Split": "tail",
    }
    assert "Changed against the constant rate: **the schedule, the momentum (0.9, not 0)**." in texts(app)
    assert "Lines: the run of seed 7." in texts(app)
    app.button_group(key="experiment").set_value("constant")
    run(app)
    assert "Changed against the constant rate" not in texts(app)


def test_the_line_is_one_run_or_the_median():
    app = open_article()
    app.toggle(key="one_run").set_value(False)
    run(app)
    assert "Lines: the median." in texts(app)
    assert "seed" not in {slider.key for slider in app.slider}


def test_the_table_counts_epochs_as_a_loop_over_the_runs_does():
    app = open_article("table")
    (history,) = experiments.train([ARTICLE["time-based"]], range(ARTICLE_SEEDS))
    epochs = sorted(
        next(e for e, value in enumerate(run, 1) if value >= 0.95) for run in history.accuracy.tolist()
    )
    row = table(app, "Recipe").set_index("Recipe").loc["2: time-based"]
    assert row["Epochs to 0.95"].startswith(f"{(epochs[99] + epochs[100]) / 2:g} (")
    final = history.val_loss[:, -1].astype(float)
    assert row["Final validation loss"] == f"{np.median(final):.3f} ({final.min():.3f} to {final.max():.3f})"


def test_the_square_crosses_schedule_and_momentum_and_nothing_else():
    for (schedule, momentum), name in TWO_BY_TWO.items():
        recipe = RECIPES[name]
        assert (type(recipe.schedule).__name__, recipe.optimizer.momentum) == (schedule, momentum)
        assert recipe.schedule.initial_learning_rate == 0.1
    app = open_article("causes")
    (square,) = (each.value for each in app.dataframe if list(each.value.columns) == ["0", "0.9"])
    assert square.index.tolist() == ["constant", "step decay"]
    assert square.loc["constant", "0.9"] == square.loc["step decay", "0.9"] == "7"
    assert square.loc["step decay", "0"] == "never"


def test_the_traps_tell_the_baselines_and_the_four_last_rates():
    app = open_article("traps")
    assert "Of these 92.2% are good, of the 235 training rows 50.2%" in texts(app)
    ends = next(each.value for each in app.dataframe if "last rate" in each.value)
    per_update, per_epoch, compounding, ignored = ends["last rate"]
    assert per_update == pytest.approx(0.1 / (1 + 0.002 * 449))
    assert per_epoch == pytest.approx(0.1 / (1 + 0.002 * 49))
    assert compounding == pytest.approx(0.1 / np.prod([1 + 0.002 * epoch for epoch in range(50)]))
    assert ignored == 0.1
    assert "9 an epoch here" in texts(app)


def test_what_a_link_cannot_mean_is_named_and_the_rest_of_it_kept():
    app = opened("8_The_article.py", {"experiment": "cosine", "runs": "1000", "seed": "3"})
    assert "Experiment must be one of constant, time-based, step, exponential" in app.code[0].value
    assert "Runs of each control recipe must be one of 50, 100, 200" in app.code[0].value
    assert "Lines: the run of seed 3." in texts(app)


def test_every_control_is_a_parameter_of_the_link():
    app = open_article()
    widgets = {each.key for each in (*app.slider, *app.toggle, *app.button_group)}
    assert widgets >= CONTROLS


@pytest.mark.parametrize(
    ("one_run", "line"), [("true", "Lines: the run of seed 9."), ("false", "Lines: the median.")]
)
def test_a_link_can_hide_every_control_and_still_set_it(one_run, line):
    values = {"experiment": "step", "one_run": one_run, "seed": "9", "target": "0.97", "runs": "100"}
    app = open_article("causes", **values, hide=",".join(CONTROLS))
    assert not {each.key for each in (*app.slider, *app.toggle, *app.button_group)} & CONTROLS
    assert line in texts(app)
    assert "Changed against the constant rate" in texts(app)
    assert verdict(app, "With step decay the validation accuracy is smoother")[1].endswith("100 seeds.")
    assert verdict(app, "It needs about 50 epochs")[0] == HOLDS


def test_charts_have_words_for_those_who_cannot_see_them():
    app = open_article(*FOLDED)
    charts = app.get("plotly_chart")
    assert len(charts) == 5
    assert all(len(chart.proto.alt) > 40 for chart in charts)


def test_an_experiment_is_picked_in_the_browser_and_in_the_link(open_page):
    page = open_page("/Data")
    page.get_by_role("link", name="The article", exact=True).first.click()
    expect(page.get_by_text("Lines: the run of seed 0.")).to_be_visible(timeout=1000 * PATIENCE)
    expect(page.get_by_text("Try next")).to_be_visible(timeout=1000 * PATIENCE)
    page.get_by_test_id("stButtonGroup").get_by_text("step", exact=True).click()
    expect(page).to_have_url(re.compile("experiment=step"))
    expect(page.get_by_text("Changed against the constant rate")).to_be_visible()
    settle(page)
    no_traceback(page)


def height(page):
    """Of the whole page, in pixels."""
    return page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")


@pytest.mark.parametrize("target", [0.95, 0.98])
def test_folded_the_page_is_at_most_2200_pixels_high(open_page, target):
    page = open_page(f"/The_article?target={target}", width=1280, height=720)
    expect(page.get_by_text("Try next")).to_be_visible(timeout=1000 * PATIENCE)
    settle(page)
    still(page)
    assert 1000 < height(page) <= 2200


def test_switching_experiments_moves_nothing_and_an_open_claim_stays_open(open_page):
    page = open_page("/The_article", width=1280, height=720)
    expect(page.get_by_text("Try next")).to_be_visible(timeout=1000 * PATIENCE)
    settle(page)
    still(page)
    before = height(page)
    for name in ("time-based", "step", "exponential"):
        page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
        expect(page.get_by_text("Changed against the constant rate")).to_be_visible()
        settle(page)
        still(page)
        assert abs(height(page) - before) <= 1  # of the element that writes the address
    page.get_by_text("1. Constant rate:").click()
    part = page.get_by_text("It needs about 50 epochs")
    expect(part).to_be_visible()
    slider(page, "Target").press("ArrowRight")
    slider(page, "Target").press("ArrowRight")
    expect(page.get_by_text("Holds in 4 of 5 parts")).to_be_visible()
    expect(part).to_be_visible()
    page.get_by_text("One change at a time").click()
    expect(page.get_by_text("Where the article added decay")).to_be_visible()
    no_traceback(page)
