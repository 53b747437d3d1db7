"""The benches run, that is all: how fast anything is, no test says."""

import json
import os
import subprocess
import sys

import pytest

from bench.figures import figure, percentile
from newsnotify.tests.processes import ROOT


def test_bench_names_those_there_are_when_the_one_asked_for_is_unknown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench"],
        cwd=ROOT,
        env={**os.environ, "ONLY": "teapots"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    names = "fanout, inbox, crawl, sockets, events, match, pages, sign_in"
    assert f"'teapots'; there are {names}." in done.stderr


def test_figure_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    figure("fanout.speed", 80123.4, "users/s", ratio=2.0, peer="bulk_create", users=10)
    assert json.loads(capsys.readouterr().out) == {
        "name": "fanout.speed",
        "value": 80120.0,
        "unit": "users/s",
        "ratio": 2.0,
        "peer": "bulk_create",
        "settings": {"users": 10},
    }


@pytest.mark.parametrize(("values", "expected"), [([], 0.0), ([3.0], 3.0), ([1.0, 2.0, 3.0], 2.0)])
def test_percentile_is_told_however_few_there_are(values: list[float], expected: float) -> None:
    assert percentile(values, 50) == expected
