"""The data: the file, the errors for a damaged one, the encoding, and both splits."""

import hashlib

import numpy as np
import pytest
from sklearn.preprocessing import LabelEncoder

from lrcore.data import DATASETS
from tests.datasets import small_dataset

DATA = DATASETS["ionosphere"]
PATH, load = DATA.path, DATA.load


@pytest.fixture(scope="module")
def frame():
    return load(PATH)


@pytest.fixture(scope="module")
def y():
    return DATA.y


def test_the_file_is_the_published_one_byte_for_byte():
    content = PATH.read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(content).hexdigest() == (
        "9ca46748234d9aa11a6dd72db4ba6cf74f68271c54835e7686ff3647be0101c4"
    )


def test_the_table_has_351_rows_of_34_numbers_and_a_class(frame):
    assert frame.shape == (351, 35)
    assert list(frame.columns) == [f"a{number:02d}" for number in range(1, 35)] + ["class"]
    assert frame["class"].value_counts().to_dict() == {"g": 225, "b": 126}
    features = frame.drop(columns="class")
    assert set(features.dtypes) == {np.dtype(float)}
    assert features.abs().to_numpy().max() == 1
    assert not frame.isna().to_numpy().any()


def test_the_columns_are_as_described(frame):
    assert set(frame["a01"]) == {0, 1}
    assert set(frame["a02"]) == {0}
    assert frame.duplicated().sum() == 1


def test_the_first_and_last_rows_are_those_of_the_source(frame):
    assert frame.iloc[0, 2:5].tolist() == [0.99539, -0.05889, 0.85243]
    assert frame["class"].head(4).tolist() == ["g", "b", "g", "b"]
    assert frame["class"].tail(4).tolist() == ["g"] * 4


def test_features_and_labels_are_float32_with_bad_0_and_good_1(frame):
    x, y = DATA.x, DATA.y
    assert (x.shape, x.dtype) == ((351, 34), np.float32)
    assert (y.shape, y.dtype) == ((351,), np.float32)
    assert LabelEncoder().fit(frame["class"]).classes_.tolist() == ["b", "g"]
    assert [{"b": 0, "g": 1}[each] for each in frame["class"]] == y.tolist()
    np.testing.assert_array_equal(x[7], frame.iloc[7, :34].to_numpy(np.float32))


def test_the_data_are_read_once_and_are_read_only(frame):
    assert DATA.x is DATA.x
    assert DATA.frame is DATA.frame
    assert DATA.frame.equals(frame)
    for one in (DATA.x, DATA.y, *DATA.split("tail", 0), *DATA.split("stratified", 0)):
        with pytest.raises(ValueError, match="read-only"):
            one[0] = 0


def test_windows_line_ends_are_accepted(tmp_path, frame):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(PATH.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert load(copy).equals(frame)


LINES = PATH.read_text().splitlines()
DAMAGED = {
    "a-missing-row": ("\n".join(LINES[:-1]), "350 rows instead of 351"),
    "a-renamed-column": ("\n".join([LINES[0].replace("a07", "b07"), *LINES[1:]]), "its columns"),
    "no-header": ("\n".join(LINES[1:]), "its columns"),
    "a-changed-class": ("\n".join([*LINES[:-1], LINES[-1][:-1] + "b"]), "classes are not 126 b and 225 g"),
    "a-word-for-a-number": ("\n".join(LINES).replace("0.99539", "many", 1), "not a number"),
    "a-missing-number": ("\n".join(LINES).replace("0.99539", "", 1), "a feature is missing"),
    "a-number-out-of-range": ("\n".join(LINES).replace("0.99539", "9.9539", 1), "outside [-1, 1]"),
    "a-changed-digit": ("\n".join(LINES).replace("0.99539", "0.99538", 1), "a value"),
    "nothing": ("", "No columns"),
    "a-page": ("<html>\n<p>a, b, c</p>\n,,,,\n</html>", ""),
    "no-text": (b"\xff\xfe\x00\x81", ""),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "damaged.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r"`path` must be the .*Ionosphere CSV file") as error:
        load(path)
    assert reason in str(error.value)
    assert f"path={path}" in str(error.value)


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path, name):
    with pytest.raises(ValueError, match="`path` must be the Ionosphere CSV file") as error:
        load(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)


def test_the_tail_split_trains_on_the_first_235_rows_half_of_them_good(y):
    train, validation = DATA.split("tail", seed=0)
    assert train.tolist() == list(range(235))
    assert validation.tolist() == list(range(235, 351))
    assert round(100 * y[train].mean(), 1) == 50.2
    assert round(100 * y[validation].mean(), 1) == 92.2


@pytest.mark.parametrize(("how", "good"), [("tail", 107), ("stratified", 74)])
def test_the_majority_baseline_is_the_share_of_good_among_the_116_validation_rows(how, good):
    assert DATA.n_train == DATA.n_rows - 116 == 351 - 116
    assert DATA.baseline(how) == pytest.approx(good / 116)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_stratified_split_keeps_the_share_of_good_rows(y, seed):
    train, validation = DATA.split("stratified", seed)
    assert sorted([*train, *validation]) == list(range(351))
    assert len(train) == 235
    assert round(100 * y[validation].mean(), 1) == 63.8
    assert abs(y[train].mean() - 225 / 351) < 1 / 235


def test_only_the_stratified_split_depends_on_the_seed(y):
    def train(how, seed):
        return DATA.split(how, seed)[0].tolist()

    assert train("stratified", 0) == train("stratified", 0)
    assert train("stratified", 0) != train("stratified", 1)
    assert train("tail", 0) == train("tail", 1)


@pytest.mark.parametrize("how", ["head", "", None, 1])
def test_an_unknown_split_is_refused(y, how):
    with pytest.raises(ValueError, match="`how` must be one of stratified, tail"):
        DATA.split(how, 0)


@pytest.mark.parametrize("how", ["head", None, ["tail"], {}])
def test_the_share_of_a_split_that_does_not_exist_is_refused(how):
    with pytest.raises(ValueError, match="`how` must be one of"):
        DATA.baseline(how)


# Another data set, of which the smaller class comes last in the alphabet.


@pytest.fixture
def other(tmp_path):
    return small_dataset(tmp_path)


def test_another_data_set_has_labels_splits_and_the_baseline_of_its_larger_class(other):
    assert (other.n_rows, other.n_train) == (10, 6)
    assert other.x.shape == (10, 2)
    assert other.y.tolist() == [0] * 8 + [1] * 2
    assert other.split("tail", 0)[1].tolist() == [6, 7, 8, 9]
    assert other.baseline("tail") == 0.5
    assert other.baseline("stratified") == pytest.approx(0.75)
    assert (other.n_validation, other.larger_class) == (4, "absent")
    assert [other.share_of_larger(rows) for rows in ([0, 1], [7, 8], [8, 9])] == [1, 0.5, 0]


def test_another_data_set_is_checked_by_its_own_rules(other):
    text = other.path.read_text(encoding="utf-8")
    for changed, fault in {
        text.replace("0.5,1,yes", "2.5,1,yes"): "outside [0, 2]",
        text.replace("0.5,1,yes", "0.5,1,no"): "its classes are not 8 no and 2 yes",
        text.replace("p,q", "p,r"): "its columns are not p..q and class",
    }.items():
        other.path.write_text(changed, encoding="utf-8")
        with pytest.raises(ValueError, match="`path` must be the unchanged Other CSV file") as error:
            other.load(other.path)
        assert fault in str(error.value)


def test_the_baseline_is_named_by_the_larger_class():
    assert DATA.baseline_in_words(0.638) == 'always "good": 63.8%'
