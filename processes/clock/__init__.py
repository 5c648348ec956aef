"""The legal clock: working days, calendars, budgets, limits, and the sentence for each date."""
