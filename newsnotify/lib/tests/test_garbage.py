"""In a process of its own: what is taken for good stays so."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.anywhere

SETTLED = """
import gc, weakref
from newsnotify.lib import garbage

class Ring:
    def __init__(self):
        self.itself = self

def loaded():
    return sum(map(len, (gc.get_objects(generation=number) for number in range(3))))

garbage.settle()
print(gc.get_freeze_count() > 1_000, loaded() < 1_000)
gone = weakref.ref(Ring())
for _ in range(3):
    kept = [[] for _ in range(10_000)]
print(gone() is None)
"""


def test_what_is_loaded_is_left_alone_and_later_garbage_is_not() -> None:
    said = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", SETTLED], capture_output=True, check=True
    )
    assert said.stdout.split() == [b"True", b"True", b"True"]
