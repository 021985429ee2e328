"""What the rate is: `schedule.py` has the base class, `catalogue.py` every schedule.

To add a schedule, add one class to the catalogue.
"""
