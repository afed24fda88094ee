"""Run with `python -m unittest`, where `carillon_client` is installed."""

import logging

# The event loops of `unittest` are in debug mode, and report each callback that takes 100 ms.
logging.getLogger("asyncio").setLevel(logging.ERROR)
