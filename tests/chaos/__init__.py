"""Faults against the whole appliance, under load: `python -m tests.chaos --rounds 200 --seed 7`."""
