"""The fonts our documents embed; made by `subset.py`, licences beside them."""
