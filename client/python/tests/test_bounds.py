"""The README has every time and size."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from carillon_client import _bounds

README = Path(__file__).parents[1] / "README.md"


class BoundsTest(unittest.TestCase):
    def test_the_readme_has_every_time_and_size_with_its_value(self) -> None:
        rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", README.read_text(), re.MULTILINE)
        bounds = {name: value for name, value in vars(_bounds).items() if name.isupper()}
        self.assertEqual({name: int(value) for name, value in rows}, bounds)
