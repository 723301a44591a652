"""Which keys a host gets, in which order, and which it is not robbed of."""

import pytest

from role_modules import load

plan = load("pileus_keys").plan


@pytest.mark.parametrize(
    ("have", "want", "write", "remove", "strangers"),
    [
        ({}, {0: "b", 1: "a"}, [1, 0], [], []),
        ({0: "b", 1: "a"}, {0: "b", 1: "a"}, [], [], []),
        ({0: "b", 1: "a"}, {0: "c", 1: "a", 2: "b"}, [2, 0], [], []),  # what was staged is there all the time
        ({0: "c", 1: "a", 2: "b"}, {0: "d", 2: "b", 3: "c"}, [3, 0], [1], []),
        ({0: "k", 10: "j", 9: "i"}, {0: "l", 10: "j", 11: "k"}, [11, 0], [9], []),
        ({0: "x", 1: "a"}, {0: "b", 1: "a"}, [0], [], []),  # nothing was made with a staged key
        ({0: "y", 1: "x"}, {0: "b", 1: "a"}, [1, 0], [], [1]),
        ({0: "b", 1: "a", 2: "x"}, {0: "b", 1: "a"}, [], [2], [2]),
        ({0: "y", 1: "x"}, {0: "d", 4: "b", 5: "c"}, [5, 4, 0], [1], []),  # dropped long ago
    ],
)
def test_new_keys_come_first_and_the_staged_one_last(have, want, write, remove, strangers) -> None:
    assert plan(have, want) == (write, remove, strangers)
