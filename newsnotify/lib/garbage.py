"""Python's collector of cyclic garbage, told what a process that lives long knows of itself."""

import gc

# Side by side, a hundred requests hold more objects than Python's 700, which would be looked at
# again and again while they are in use.
_THRESHOLD = 5_000


def settle() -> None:
    """Take what is loaded by now for good, so that no collection goes through it ever again.

    Modules and their classes are most of what there is: going through them took a crawl a fifth
    of its time, and everybody else pauses of 0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_THRESHOLD)
