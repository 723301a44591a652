"""How Tempest's results are judged, and the lists of what must pass."""

import pytest
import score

LISTS = sorted(file for folder in ("interop", "private") for file in (score.HERE / folder).glob("*.txt"))


def judged(**ended: str) -> score.Score:
    return score.Score("some", ["a", "b"], ended, {"b": "why not"})


def test_what_passes_is_well():
    assert judged(a="success", b="success").bad == []
    assert judged(a="success", b="success").line().split() == ["some", "2", "0", "0", "2"]


@pytest.mark.parametrize("how", ["fail", "skip", "xfail", "uxsuccess"])
def test_any_other_end_is_not(how):
    assert judged(a=how, b="success").bad == ["a"]


def test_what_did_not_run_is_not():
    assert judged(b="success").bad == ["a"]
    assert judged(b="success").line().split() == ["some", "1", "1", "0", "2"]


def test_a_skip_with_a_reason_is_but_a_failure_is_not():
    assert judged(a="success", b="skip").bad == []
    assert judged(a="success", b="fail").bad == ["b"]


def test_a_class_that_cannot_be_cleaned_up_is_not(capsys):
    classes = score.whole_classes({"tearDownClass (some.Class)": "fail", "a": "success", "b": "success"})
    assert not score.report([judged(a="success", b="success")], classes)
    assert "tearDownClass (some.Class)" in capsys.readouterr().out


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.stem)
def test_no_test_is_listed_twice(file):
    names = score.names_of(file, "")
    assert names and len(names) == len(set(names))


def test_every_excuse_is_for_a_listed_test_and_says_why():
    listed = {name for file in LISTS for name in score.names_of(file, "")}
    reasons = score.skip_reasons()
    assert set(reasons) <= listed and all(reasons.values())
