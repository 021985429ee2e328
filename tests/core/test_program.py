"""The parts of the Keras program that need no Keras: its rates, and how it reads and splits the data."""

import re
from itertools import product

import numpy as np
import pytest

from lrcore.data import DATASETS, SPLITS
from lrcore.recipes.recipe import CLOCKS, Recipe
from lrcore.schedules.catalogue import SCHEDULES, StepDecay
from lrcore.settings import settings_of
from lrcore.takeaway import program
from tests.core.taken_home import every_rate, run, with_data

DATA = DATASETS["ionosphere"]

EVERY_SCHEDULE = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)


def offered_values(schedule, position):
    """The schedule with its defaults, or with every hyperparameter at one end of its slider."""
    if position == "default":
        return schedule()
    index = {"first": 0, "last": -1}[position]
    return schedule(**{name: each.offered[index] for name, each in settings_of(schedule).items()})


def run_parts(recipe, *headings):
    """The names that the program's parts of these headings define in this folder, with seed 5, without Keras."""
    parts = [part.code for part in program.parts(recipe, seed=5) if part.heading in headings]
    return run("\n".join([program.imports(recipe).replace("import keras\n", ""), *parts]))


@EVERY_SCHEDULE
def test_the_generated_function_gives_exactly_the_rates_of_the_recipe(schedule, subtests):
    positions, warmups = ["default", "first", "last"], [0.0, 0.01, 0.07, 0.28, 0.5]
    for position, clock, warmup in product(positions, CLOCKS, warmups):
        with subtests.test(position=position, clock=clock, warmup=warmup):
            own = offered_values(schedule, position)
            recipe = Recipe(own, clock, warmup=warmup, batch_size=31, epochs=53)
            code = program.schedule_code(recipe, str(recipe.run_length()))
            assert not re.search(r"\bself\b", code)
            np.testing.assert_array_equal(run(code, np=np)["rates"], every_rate(recipe))


@pytest.mark.parametrize(("name", "code_name"), [("StepDecay", "step_decay"), ("OneCycle", "one_cycle")])
def test_the_function_is_named_after_its_schedule(name, code_name):
    assert f"def {code_name}(t" in program.schedule_code(Recipe(SCHEDULES[name]()), "50")


def test_the_function_shows_the_hyperparameters_and_the_formula():
    code = program.schedule_code(Recipe(StepDecay(0.05, 0.25, 7)), "50")
    for line in (
        "initial_learning_rate = 0.05",
        "drop = 0.25",
        "epochs_drop = 7",
        "return initial_learning_rate * drop ** np.floor(t / epochs_drop)",
    ):
        assert f"    {line}\n" in code
    assert code.count("def ") == 1  # no helper that it does not use


@pytest.mark.parametrize("how", SPLITS)
def test_the_program_reads_and_splits_as_the_app_does(how, tmp_path, monkeypatch):
    monkeypatch.chdir(with_data(tmp_path))
    ran = run_parts(Recipe(split=how), "Settings", "Data", "Split")
    x, y = DATA.x, DATA.y
    train, validation = DATA.split(how, seed=5)
    for name, expected in {"x": x, "y": y, "train": train, "validation": validation}.items():
        np.testing.assert_array_equal(ran[name], expected)
    assert ran["x"].dtype == ran["y"].dtype == np.float32


# Files of the right name.

LINES = DATA.path.read_text(encoding="utf-8").splitlines()
HEADER, ROWS = LINES[0], LINES[1:]
THE_DATA = {
    "as the app gives it": LINES,
    "as UCI gives it, without a header": ROWS,
    "other names in the header": [",".join(f"V{number}" for number in range(1, 36)), *ROWS],
    "numbers from 0 in the header": [",".join(map(str, range(35))), *ROWS],
    "numbers from 1 in the header": [",".join(map(str, range(1, 36))), *ROWS],
    "names in capitals": [HEADER.upper(), *ROWS],
    "Windows line ends": [f"{line}\r" for line in LINES],
    "blank lines": ["", *LINES, "", "", ""],
    "blank lines of spaces": [*LINES, "   ", "\t"],
    "spaces after the commas": [line.replace(",", ", ") for line in LINES],
    "spaces at the ends": [f"{line} " for line in LINES],
    "quotation marks": [",".join(f'"{cell}"' for cell in line.split(",")) for line in LINES],
    "a byte order mark": ["\ufeff" + HEADER, *ROWS],
    "a byte order mark and no header": ["\ufeff" + ROWS[0], *ROWS[1:]],
    "more digits": [line.replace("0.99539", "0.995390000") for line in LINES],
    "digits of a float": [line.replace("0.99539", "0.9953899999999999") for line in LINES],
}
NOT_THE_DATA = {
    "a row short": (LINES[:-1], "it has 126 rows of b and 224 of g, not 126 and 225."),
    "a row too many": ([*LINES, LINES[-1]], "it has 126 rows of b and 226 of g"),
    "a column short": (
        [line.split(",", 1)[1] for line in LINES],
        "does not have 35 columns between commas, but 34.",
    ),
    "numbered rows": ([f"{number},{line}" for number, line in enumerate(LINES)], "but 36."),
    "semicolons": ([line.replace(",", ";") for line in LINES], "but 1."),
    "decimal commas": (
        [line.replace(",", ";").replace(".", ",") for line in LINES],
        "cannot be read|is not the data",
    ),
    "classes in words": (
        [line.replace(",g", ",good").replace(",b", ",bad") for line in LINES],
        "its last column says bad, good, not b and g.",
    ),
    "classes in numbers": (
        [HEADER] + [row.replace(",g", ",1").replace(",b", ",0") for row in ROWS],
        "its last column says 0, 1, not b and g.",
    ),
    "classes from 1": (
        [HEADER, *(f"{row[:-1]}{'bg'.index(row[-1]) + 1}" for row in ROWS)],
        "its last column says 1, 2, not b and g",
    ),
    "the empty column left out": (
        [",".join(line.split(",")[:1] + line.split(",")[2:]) for line in LINES],
        "it does not have 35 columns between commas, but 34",
    ),
    "bad as one": (
        [HEADER] + [row.replace(",g", ",0").replace(",b", ",1") for row in ROWS],
        "its last column says 0, 1, not b and g.",
    ),
    "another class changed": (
        [*LINES[:-1], LINES[-1][:-1] + "b"],
        "it has 127 rows of b and 224 of g, not 126 and 225.",
    ),
    "a row short and no header": (ROWS[:-1], "it has 126 rows of b and 224 of g"),
    "the class in the first column": (
        [",".join([line.rsplit(",", 1)[1], line.rsplit(",", 1)[0]]) for line in LINES],
        "its last column says -0.00182, ",
    ),
    "long words for classes": ([f"{line}{'x' * 500}" for line in LINES], "its last column says bxx"),
    "classes in words and no header": (
        [row.replace(",g", ",good").replace(",b", ",bad") for row in ROWS],
        "its last column says bad, good",
    ),
    "commas at the ends": ([f"{line}," for line in LINES], "but 36."),
    "a row of commas": ([*LINES, "," * 34], "its last column says (empty), b, g"),
    "a remark": (["# radar", *LINES], "cannot be read: "),
    "a third class": ([*LINES[:-1], LINES[-1][:-1] + "x"], "its last column says b, g, x, not b and g."),
    "a class left out": ([*LINES[:-1], LINES[-1][:-1]], "its last column says (empty), b, g, not"),
    "a word": ([line.replace("0.99539", "many") for line in LINES], "a feature is missing, not a number"),
    "a gap": ([line.replace("0.99539", "") for line in LINES], "a feature is missing"),
    "a larger number": ([line.replace("0.99539", "1.5") for line in LINES], "outside [-1, 1]"),
    "another digit": ([line.replace("0.99539", "0.99538") for line in LINES], "a value was changed"),
    "two decimals": (
        [HEADER]
        + [",".join([*(f"{float(cell):.2f}" for cell in row.split(",")[:-1]), row[-1]]) for row in ROWS],
        "a value was changed",
    ),
    "another order": ([HEADER, *reversed(ROWS)], "the rows stand in another order"),
    "nothing": ([], "cannot be read: No columns"),
    "a header alone": ([HEADER], "its last column says nothing, not b and g."),
    "a page": (["<html>", "<p>a, b, c</p>", ",,,,", "</html>"], "ionosphere.csv"),
}


def read(lines, folder, monkeypatch):
    """The names that the program defines in a folder whose data file has these lines."""
    monkeypatch.chdir(folder)
    (folder / "ionosphere.csv").write_text("\n".join(lines), encoding="utf-8", newline="")
    return run_parts(Recipe(), "Data")


@pytest.mark.parametrize("lines", THE_DATA.values(), ids=THE_DATA)
def test_the_program_reads_the_data_set_however_its_file_is_written(lines, tmp_path, monkeypatch):
    ran = read(lines, tmp_path, monkeypatch)
    np.testing.assert_array_equal(ran["x"], DATA.x)
    np.testing.assert_array_equal(ran["y"], DATA.y)
    assert ran["class_names"].tolist() == ["b", "g"]


@pytest.mark.parametrize(("lines", "reason"), NOT_THE_DATA.values(), ids=NOT_THE_DATA)
def test_the_program_ends_with_one_sentence_if_the_file_is_not_the_data_set(
    lines, reason, tmp_path, monkeypatch
):
    with pytest.raises(SystemExit) as end:
        read(lines, tmp_path, monkeypatch)
    assert any(each in str(end.value) for each in reason.split("|"))
    assert str(end.value).startswith("ionosphere.csv ")
    assert "\n" not in str(end.value)
    assert len(str(end.value)) < 150


def test_the_program_ends_with_one_sentence_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="ionosphere.csv cannot be read: .*No such file"):
        run_parts(Recipe(), "Data")
