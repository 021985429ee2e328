"""Learning rate schedules: `schedule.py` has the base class, `catalogue.py` every schedule.

To add a schedule, add a class to the catalogue.
"""
